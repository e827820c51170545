import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { getAvailableConnectors } from '../../../src/connectors/registry/find-connectors.ts';
import { loadRegistry } from '../../../src/connectors/registry/load.ts';
import { openRegistry } from '../../../src/connectors/registry/registry.ts';
import { RegistryError, StoppedError } from '../../../src/errors.ts';
import { registryDocument } from '../../fixtures/registry-document.ts';
import { openRegistryServer } from '../../fixtures/registry-server.ts';
import { withRegistry } from '../../fixtures/with-registry.ts';
import { keptLog, thrownBy } from '../answering.ts';

const { folder, server } = withRegistry();
afterEach(() => {
  vi.useRealTimers();
});

const copies = () => join(folder(), 'sluice', 'registry');

/** As if so many minutes had passed since the last call. */
function later(minutes: number): void {
  const now = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: now + minutes * 60_000 });
}

/** The versions that the server has, in its next answers. */
function serve(version: string): void {
  const [shop, ...others] = registryDocument.sources;
  const document = { sources: [{ ...(shop as object), dockerImageTag: version }, ...others] };
  server().body = JSON.stringify(document);
}

async function shopVersion(options = {}): Promise<readonly (string | undefined)[]> {
  const registry = await openRegistry(options, 'source-shop');
  return [registry.find('source-shop')?.version, registry.origin.kind];
}

describe('the copy of a registry', () => {
  it('is used for an hour, and then only as long as the server says that nothing has changed', async () => {
    expect(await shopVersion()).toEqual(['3.1.0', 'network']);
    expect(await shopVersion()).toEqual(['3.1.0', 'copy']);
    expect(server().requests).toHaveLength(1);
    const { sent } = server();
    later(61);
    expect(await shopVersion()).toEqual(['3.1.0', 'network']);
    expect(server().requests[1]).toHaveProperty('if-none-match');
    expect(server().sent).toBe(sent);
    expect(await shopVersion()).toEqual(['3.1.0', 'copy']);
    serve('3.2.0');
    later(61);
    expect(await shopVersion()).toEqual(['3.2.0', 'network']);
    expect(await shopVersion()).toEqual(['3.2.0', 'copy']);
    expect(server().requests).toHaveLength(3);
  });

  it('is passed over when asked to be', async () => {
    await shopVersion();
    serve('3.2.0');
    expect(await shopVersion({ refresh: true })).toEqual(['3.2.0', 'network']);
  });

  it.each([500, 'silent', 'halting'] as const)(
    'stands in for a server that is not well (%s), which is told and not asked again for a while',
    async (mood) => {
      await shopVersion();
      later(61);
      server().mood = mood;
      const started = performance.now();
      const registry = await openRegistry();
      expect(performance.now() - started).toBeLessThan(2_500);
      expect(registry.find('source-shop')?.version).toBe('3.1.0');
      expect(registry.notices).toEqual([
        {
          level: 'WARN',
          message: expect.stringMatching(
            /^the registry http:\/\/127.*oss_registry.json cannot be had: .*; its copy of \d{4}-\d\d-\d\d is used$/,
          ),
        },
      ]);
      const { length } = server().requests;
      expect((await openRegistry()).notices).toEqual([]);
      expect(server().requests).toHaveLength(length);
      server().mood = 'well';
      later(11);
      expect(await shopVersion()).toEqual(['3.1.0', 'network']);
    },
  );

  it('stands in for an answer that is no registry', async () => {
    await shopVersion();
    for (const body of ['<html>', '[1', '{"error": "none"}', '5']) {
      server().body = body;
      later(61);
      const { notices, origin } = await openRegistry();
      expect(origin.kind).toBe('copy');
      expect(notices[0]?.message).toContain('is no registry of connectors: it');
    }
  });

  it('is had anew where it was damaged', async () => {
    await shopVersion();
    for (const file of await readdir(copies())) await writeFile(join(copies(), file), '{"sources"');
    expect(await shopVersion()).toEqual(['3.1.0', 'network']);
    expect(server().requests[1]).not.toHaveProperty('if-none-match');
    expect(await shopVersion()).toEqual(['3.1.0', 'copy']);
  });

  it('can be read by its user only, is one at a time, and leaves no drafts', async () => {
    await shopVersion();
    serve('3.2.0');
    await Promise.all(Array.from({ length: 5 }, () => shopVersion({ refresh: true })));
    const files = await readdir(copies());
    expect(files.filter((file) => file.endsWith('.tmp'))).toEqual([]);
    for (const file of files) expect((await stat(join(copies(), file))).mode & 0o077).toBe(0);
    expect(await shopVersion()).toEqual(['3.2.0', 'copy']);
  });

  it('that cannot be kept is told, and missed by nobody', async () => {
    await writeFile(join(folder(), 'sluice'), '');
    const registry = await openRegistry();
    expect(registry.find('source-shop')?.version).toBe('3.1.0');
    expect(registry.notices[0]?.message).toContain('no copy of the registry can be kept');
  });

  it('is kept for each registry', async () => {
    await using other = await openRegistryServer({ destinations: [] });
    await shopVersion();
    vi.stubEnv('SLUICE_REGISTRY', other.url);
    expect(await shopVersion()).toEqual([undefined, 'network']);
    vi.stubEnv('SLUICE_REGISTRY', server().url);
    expect(await shopVersion()).toEqual(['3.1.0', 'copy']);
  });
});

describe('a registry that never answered', () => {
  it('is waited for longer where nothing else is known', async () => {
    server().mood = 'silent';
    const times = {
      freshMs: 1,
      failedMs: 60_000,
      shortMs: 50,
      longMs: 700,
      shortTotalMs: 5_000,
      longTotalMs: 5_000,
    };
    const timed = async (hasFallback: boolean) => {
      const started = performance.now();
      const { origin, notices } = await loadRegistry({ hasFallback }, times);
      return { origin: origin.kind, notices, ms: performance.now() - started };
    };
    const short = await timed(true);
    expect(short).toMatchObject({
      origin: 'snapshot',
      notices: [
        { message: expect.stringContaining('it said nothing for 50 ms; what comes with Sluice is used') },
      ],
    });
    expect(short.ms).toBeLessThan(700);
    expect(await timed(true)).toMatchObject({ origin: 'snapshot', notices: [] });
    expect((await timed(false)).ms).toBeGreaterThan(650);
    expect(server().requests).toHaveLength(2);
  });

  it('but drips, is waited for no longer than all of it may take', async () => {
    server().mood = 'dripping';
    const limits = { shortMs: 5_000, longMs: 5_000, shortTotalMs: 100, longTotalMs: 300 };
    const times = { freshMs: 1, failedMs: 0, ...limits };
    for (const [hasFallback, spoken] of [
      [true, '100 ms'],
      [false, '300 ms'],
    ] as const) {
      const started = performance.now();
      const { origin, notices } = await loadRegistry({ hasFallback }, times);
      expect(performance.now() - started).toBeLessThan(3_000);
      expect(origin.kind).toBe('snapshot');
      expect(notices[0]?.message).toContain(
        `not all of it came within ${spoken}; what comes with Sluice is used`,
      );
    }
  });

  it('is an error where it was to be asked anew', async () => {
    server().mood = 503;
    const error = await thrownBy(() => openRegistry({ refresh: true }));
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toMatchObject({
      code: 'registry_failed',
      message: expect.stringContaining('it answered 503'),
    });
  });

  it('is said to be unreachable in the words of the system', async () => {
    vi.stubEnv('SLUICE_REGISTRY', 'http://127.0.0.1:1/registry.json');
    const { notices } = await openRegistry();
    expect(notices[0]?.message).toContain('http://127.0.0.1:1/registry.json cannot be had: ');
    expect(notices[0]?.message).not.toContain('fetch failed');
  });

  it('can be stopped', async () => {
    server().mood = 'silent';
    const stopping = new AbortController();
    const opening = thrownBy(() => openRegistry({ signal: stopping.signal }));
    stopping.abort();
    expect(await opening).toBeInstanceOf(StoppedError);
  });
});

describe('without the network', () => {
  it('the copy is used however old it is, and nothing is asked', async () => {
    await shopVersion();
    later(60 * 24 * 365);
    expect(await shopVersion({ offline: true })).toEqual(['3.1.0', 'copy']);
    for (const name of ['SLUICE_OFFLINE', 'AIRBYTE_OFFLINE_MODE']) {
      vi.stubEnv(name, '1');
      expect(await shopVersion()).toEqual(['3.1.0', 'copy']);
      vi.stubEnv(name, '');
    }
    expect(server().requests).toHaveLength(1);
  });

  it('and without a copy there is what comes with Sluice', async () => {
    const registry = await openRegistry({ offline: true });
    expect(registry.origin.kind).toBe('snapshot');
    expect(registry.find('source-shop')).toBeUndefined();
    expect(registry.find('source-faker')?.ways[0]).toEqual({ way: 'built in' });
    expect(server().requests).toEqual([]);
  });

  it('nothing can be asked anew', async () => {
    await expect(openRegistry({ offline: true, refresh: true })).rejects.toThrow(RegistryError);
  });
});

describe('those who list what there is', () => {
  it('hear each time that it is not what the registry has, and what it is instead', async () => {
    const heard = async (options = {}) => {
      const { log, entries } = keptLog();
      await getAvailableConnectors({ ...options, log });
      return entries;
    };
    const notice = (message: RegExp) => [
      { level: 'INFO', message: expect.stringMatching(message), isNotice: true },
    ];
    expect(await heard({ offline: true })).toEqual(
      notice(/^the network is not used; what comes with Sluice is used$/),
    );
    expect(await heard()).toEqual([]);
    expect(await heard()).toEqual([]);
    later(61);
    server().mood = 500;
    expect(await heard()).toMatchObject([{ level: 'WARN' }]);
    expect(await heard()).toEqual(
      notice(
        /^the registry http:.* could not be had a short while ago; its copy of \d{4}-\d\d-\d\d is used$/,
      ),
    );
  });
});

describe('the login of a registry', () => {
  it('is sent as a header, and is in no message and no name of a file', async () => {
    const url = new URL(server().url);
    url.username = 'ann';
    url.password = 'p%40ss';
    url.search = '?token=abcdef';
    vi.stubEnv('SLUICE_REGISTRY', url.href);
    const { origin } = await openRegistry();
    expect(server().requests[0]?.authorization).toBe(`Basic ${Buffer.from('ann:p@ss').toString('base64')}`);
    server().mood = 401;
    const error = await thrownBy(() => openRegistry({ refresh: true }));
    const kept = await Promise.all(
      (await readdir(copies())).map(
        async (file) => `${file} ${await readFile(join(copies(), file), 'utf8')}`,
      ),
    );
    expect(JSON.stringify([origin, error, String(error), kept])).not.toMatch(/p%40ss|p@ss|abcdef/);
  });
});
