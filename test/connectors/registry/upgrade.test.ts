import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { getSource, type Source } from '../../../src/connectors/source.ts';
import { InputError } from '../../../src/errors.ts';
import { buildScripted, hasPython } from '../../executors/python-package.ts';
import { cutServer, listen } from '../../fixtures/loopback.ts';
import { withRegistry } from '../../fixtures/with-registry.ts';
import { keptLog, thrownBy } from '../answering.ts';

describe.skipIf(!hasPython)('an upgrade', () => {
  const { folder, server } = withRegistry({ for: 'all', document: registryWith('2.0.0') });

  beforeAll(() => {
    for (const version of ['1.2.3', '2.0.0', '2.1.0']) buildScripted(folder(), { version });
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_FIND_LINKS', folder());
  });

  const open = (options: object = {}): Source =>
    getSource('scripted', {}, { installRoot: join(folder(), 'connectors'), ...options });

  it('tells what it breaks before anything is changed, and is done when that is accepted', async () => {
    await open({ version: '1.2.3' }).install();
    expect(await open().connectorVersion()).toBe('1.2.3');
    const error = await thrownBy(() => open({ version: '2.0.0' }).upgrade());
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({
      message:
        'source-scripted: an upgrade from 1.2.3 breaks something: 2.0.0: Keys are texts now. (https://docs.example/2)',
      guidance: expect.stringContaining('acceptBreaking'),
      context: { breakingChanges: [expect.objectContaining({ version: '2.0.0' })] },
    });
    expect(await open().connectorVersion()).toBe('1.2.3');
    const { log, entries } = keptLog();
    expect(await open({ version: '2.0.0' }).upgrade({ acceptBreaking: true, log })).toMatchObject({
      from: '1.2.3',
      to: '2.0.0',
      isNew: true,
    });
    expect(entries.filter(({ level }) => level === 'WARN').map(({ message }) => message)).toEqual([
      'source-scripted: version 2.0.0 breaks with 1.2.3, which was installed: Keys are\ntexts now.',
      'source-scripted: 2.0.0: Keys are texts now. (https://docs.example/2)',
    ]);
    expect(await open().connectorVersion()).toBe('2.0.0');
  });

  it('to what is there already changes nothing', async () => {
    expect(await open().upgrade()).toEqual({ from: '2.0.0', to: '2.0.0', isNew: false, breakingChanges: [] });
  });

  it('goes to what is newest where the registry knows a newer version', async () => {
    server().body = JSON.stringify(registryWith('2.1.0'));
    expect(await open().upgrade()).toMatchObject({ from: '2.0.0', to: '2.1.0', isNew: true });
  });

  it('goes by what the registry last said where it cannot be asked, and says so', async () => {
    server().mood = 503;
    const { log, entries } = keptLog();
    expect(await open().upgrade({ log })).toMatchObject({ to: '2.1.0', isNew: false });
    expect(entries.map(({ message }) => message).join()).toContain('it answered 503');
    server().mood = 'well';
  });

  it('is needless for "latest", which is what the registry has, and which warns of what it breaks', async () => {
    await open({ version: '1.2.3' }).install();
    const { log, entries } = keptLog();
    const latest = open({ version: 'latest' });
    await latest.spec({ log });
    expect(await latest.connectorVersion()).toBe('2.1.0');
    expect(entries.find(({ level }) => level === 'WARN')?.message).toContain(
      'version 2.0.0 breaks with 1.2.3',
    );
  });

  it('of a manifest tells what it breaks too, and takes what is newest of it', async () => {
    buildScripted(folder(), { name: 'airbyte-cdk', scripts: ['source-declarative-manifest=scripted:main'] });
    const there = { version: '1.2.3' };
    const registry = createServer(({ url = '' }, response) => {
      if (url.endsWith('/oss_registry.json'))
        response.end(JSON.stringify(registryWith(there.version, 'manifest-only')));
      else if (url.endsWith('/latest/manifest.yaml')) response.end(JSON.stringify(manifest));
      else if (url.endsWith('/latest/metadata.yaml'))
        response.end(`data:\n  dockerImageTag: ${there.version}\n`);
      else response.writeHead(404).end();
    });
    vi.stubEnv('SLUICE_REGISTRY', `${await listen(registry)}/files/registries/v0/oss_registry.json`);
    const source = () => open({ sourceManifest: true });
    try {
      await source().spec();
      there.version = '2.0.0';
      expect(await open().connectorVersion()).toBe('1.2.3');
      await expect(source().upgrade()).rejects.toMatchObject({
        message:
          'source-scripted: an upgrade from 1.2.3 breaks something: 2.0.0: Keys are texts now. (https://docs.example/2)',
      });
      expect(await source().connectorVersion()).toBe('1.2.3');
      const accepted = await source().upgrade({ acceptBreaking: true });
      expect(accepted).toMatchObject({ from: '1.2.3', to: '2.0.0', isNew: true });
      await source().uninstall();
      expect(readdirSync(join(folder(), 'connectors', 'manifests'))).toEqual([]);
    } finally {
      vi.stubEnv('SLUICE_REGISTRY', server().url);
      await cutServer(registry);
    }
  }, 180_000);

  it.each([
    [{ localExecutable: './x' }, 'as a program, which is yours'],
    [{ noExecutor: true }, 'not at all'],
  ])('is refused where nothing was installed: %j', async (options, how) => {
    await expect(getSource('source-faker', {}, options).upgrade()).rejects.toThrow(
      `nothing to upgrade: it runs ${how}`,
    );
  });
});

const manifest = {
  version: '1.0.0',
  type: 'DeclarativeSource',
  check: { type: 'CheckStream', stream_names: [] },
  streams: [],
  spec: { connection_specification: { type: 'object' } },
};

function registryWith(dockerImageTag: string, language = 'python') {
  return {
    sources: [
      {
        name: 'Scripted',
        dockerRepository: 'airbyte/source-scripted',
        dockerImageTag,
        language,
        remoteRegistries: { pypi: { enabled: true, packageName: 'airbyte-source-scripted' } },
        releases: {
          breakingChanges: {
            '2.0.0': { message: 'Keys are\ntexts now.', migrationDocumentationUrl: 'https://docs.example/2' },
          },
        },
      },
    ],
  };
}
