import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { getAvailableConnectors } from '../../../src/connectors/registry/find-connectors.ts';
import { getSource, type Source } from '../../../src/connectors/source.ts';
import { buildScripted, hasPython } from '../../executors/python-package.ts';
import { fixture } from '../../executors/running.ts';
import { hasDocker, testDocker, withDocker } from '../../fixtures/docker/engine.ts';
import { fixtureInside, nodeImage } from '../../fixtures/docker/images.ts';
import type { RegistryServer } from '../../fixtures/registry-server.ts';
import { withRegistry } from '../../fixtures/with-registry.ts';

// The network is a registry on loopback; blackholed, it takes requests and never answers.
describe('with the network blackholed', () => {
  const boxed = { repo: 'sluice-test/source-boxed', tag: '1.0.0' };
  const scripted = {
    name: 'Scripted',
    dockerRepository: 'airbyte/source-packaged',
    dockerImageTag: '1.2.3',
    remoteRegistries: { pypi: { enabled: true, packageName: 'airbyte-source-packaged' } },
    spec: { connectionSpecification: { title: 'of the registry' } },
  };
  const inDocker = { name: 'Boxed', dockerRepository: boxed.repo, dockerImageTag: boxed.tag };
  const { folder, server } = withRegistry({ for: 'all', document: { sources: [scripted, inDocker] } });
  const copies = () => join(folder(), 'sluice', 'registry');
  beforeAll(() => {
    const program = join(folder(), 'source-on-path');
    writeFileSync(
      program,
      `#!/bin/sh\nexec "${process.execPath}" "${fixture('scripted/scripted.mjs')}" "$@"\n`,
    );
    chmodSync(program, 0o755);
    vi.stubEnv('PATH', `${folder()}:${process.env['PATH']}`);
  });
  /** The shortest of three, and how often the registry was asked. */
  async function timed(mood: RegistryServer['mood'], work: () => Promise<unknown>) {
    server().mood = mood;
    const before = server().requests.length;
    const times: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      age();
      const started = performance.now();
      await work();
      times.push(performance.now() - started);
    }
    return { ms: Math.min(...times), requests: server().requests.length - before };
  }

  /** As if the registry had last been asked two hours ago. */
  function age(): void {
    for (const name of existing().filter((file) => file.endsWith('.note.json'))) {
      const path = join(copies(), name);
      const note = JSON.parse(readFileSync(path, 'utf8'));
      writeFileSync(
        path,
        JSON.stringify({ ...note, confirmedAt: Date.now() - 7_200_000, failedAt: undefined }),
      );
    }
  }

  function existing(): readonly string[] {
    try {
      return readdirSync(copies());
    } catch {
      return [];
    }
  }

  const readAll = (open: () => Source) => async () => {
    await using source = open();
    const stream = source.name === 'source-faker' ? 'products' : 'users';
    let rows = 0;
    for await (const _ of source.getRecords(stream)) rows += 1;
    expect(rows).toBeGreaterThan(2);
  };

  const specOf = (open: () => Source) => async () => {
    await using source = open();
    expect((await source.spec()).connectionSpecification).toHaveProperty('properties');
  };

  async function holds(work: () => Promise<unknown>, asked: number): Promise<void> {
    server().mood = 'well';
    await work();
    const networked = await timed('well', work);
    const blackholed = await timed('silent', work);
    expect(blackholed.requests).toBe(asked);
    expect(blackholed.ms - networked.ms).toBeLessThan(1_000);
  }

  it.each([
    ['what is built in', () => getSource('faker', { count: 5 })],
    ['a program on PATH', () => getSource('on-path')],
    [
      'a program by its path',
      () => getSource('x', {}, { localExecutable: join(folder(), 'source-on-path') }),
    ],
  ])('%s works as before, and asks nobody', async (_, open) => {
    await holds(readAll(open), 0);
  });

  it('what the registry knew works within a second, from its copy', async () => {
    await getAvailableConnectors();
    await holds(async () => {
      const { connectionSpecification } = await getSource('packaged', {}, { noExecutor: true }).spec();
      expect(connectionSpecification).toEqual({ title: 'of the registry' });
    }, 3);
  });

  it.skipIf(!hasPython)(
    'a package that only the registry knows, and is installed, works within a second',
    async () => {
      buildScripted(folder(), {
        name: 'airbyte-source-packaged',
        scripts: ['source-packaged=scripted:main'],
      });
      vi.stubEnv('PIP_NO_INDEX', '1');
      vi.stubEnv('PIP_FIND_LINKS', folder());
      await holds(
        readAll(() => getSource('packaged')),
        3,
      );
    },
    120_000,
  );

  it.skipIf(!hasDocker)(`${withDocker}, an image that is here works, named or only registered`, async () => {
    const image = await nodeImage({ entrypoint: fixtureInside('scripted/scripted.mjs') });
    const name = `${boxed.repo}:${boxed.tag}`;
    await testDocker().getImage(image).tag(boxed);
    try {
      const read = readAll(() => getSource('boxed', {}, { dockerImage: name }));
      await holds(read, 0);
      await holds(
        specOf(() => getSource('boxed')),
        3,
      );
      await readAll(() => getSource('boxed'))();
    } finally {
      await testDocker().getImage(name).remove();
    }
  });
});
