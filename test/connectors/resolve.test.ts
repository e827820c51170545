import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { getDestination } from '../../src/connectors/destination.ts';
import { readSnapshot } from '../../src/connectors/registry/snapshot.ts';
import { getSource } from '../../src/connectors/source.ts';
import { ConnectorUnknownError, InputError, NotRunnableError, SluiceError } from '../../src/errors.ts';
import type { Executor, Flow } from '../../src/protocol/flow.ts';
import { keptLog, specLine, thrownBy } from './answering.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function onPath(name: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\necho '${JSON.stringify(specLine)}'\n`);
  await chmod(path, 0o755);
  return path;
}

describe('a connector', () => {
  it('that is built in runs in this process, and the log tells how else it could', async () => {
    const { log, entries } = keptLog();
    await getSource('faker').spec({ log });
    expect(entries).toEqual([
      {
        level: 'INFO',
        message:
          'source-faker: runs built in; it could also be run as a Python package (airbyte-source-faker); say usePython: true to run that',
      },
    ]);
  });

  it('that is built in goes before a program of its name on PATH, and the log tells that too', async () => {
    const path = await onPath('destination-jsonl');
    const { log, entries } = keptLog();
    const { connectionSpecification } = await getDestination('jsonl').spec({ log });
    expect(connectionSpecification).toHaveProperty('properties.path');
    expect(entries.map(({ message }) => message)).toEqual([
      `destination-jsonl: runs built in; it could also be run on PATH (${path}); say localExecutable: true to run that`,
    ]);
  });

  it('is told about once', async () => {
    const { log, entries } = keptLog();
    const source = getSource('faker');
    await source.check();
    expect(entries).toEqual([]);
    await source.check({ log });
    await source.check({ log });
    expect(entries).toHaveLength(1);
  });

  it('on PATH is found by its name', async () => {
    await onPath('source-of-mine');
    expect((await getSource('of-mine').spec()).connectionSpecification).toHaveProperty('properties.token');
  });

  it('on PATH goes before the registry, and refuses options that only a package can use', async () => {
    await onPath('source-github');
    const { log, entries } = keptLog();
    await getSource('github').spec({ log });
    expect(entries[0]?.message).toMatch(
      /^source-github: runs the program on PATH .* usePython: true to run that$/,
    );
    const error = await thrownBy(() => getSource('github', {}, { version: '1' }).spec());
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ message: expect.stringContaining('the option "version" cannot be used') });
  });

  it('that nobody knows is an error, with the nearest names, and can be asked for again', async () => {
    const source = getSource('fakr');
    const error = await thrownBy(() => source.spec());
    expect(error).toBeInstanceOf(ConnectorUnknownError);
    expect(error).toMatchObject({
      message: 'no source "fakr" is built in, on PATH or in the registry; did you mean "source-faker"?',
      guidance: expect.stringContaining('airbyte-source-fakr, say usePython: true'),
    });
    await onPath('source-fakr');
    expect(await source.spec()).toEqual(specLine.spec);
  });

  it('that is missing where it was said to be is an error', async () => {
    const error = await thrownBy(() => getSource('x', {}, { localExecutable: join(folder, 'none') }).spec());
    expect(error).toBeInstanceOf(NotRunnableError);
  });

  it('of the registry runs as a Python package, which may not be installed unasked', async () => {
    vi.stubEnv('PATH', folder);
    const source = getSource('stripe', {}, { installIfMissing: false, installRoot: folder });
    expect(await thrownBy(() => source.spec())).toBeInstanceOf(SluiceError);
    expect(await source.connectorVersion()).toBeUndefined();
  });

  it('of the registry refuses options that are for containers', async () => {
    vi.stubEnv('PATH', folder);
    for (const options of [{ useHostNetwork: true }, { docker: { network: 'host' } }]) {
      const error = await thrownBy(() => getSource('stripe', {}, options).spec());
      expect(error).toBeInstanceOf(InputError);
      expect(error).toMatchObject({
        message: expect.stringMatching(/^source-stripe: runs as a Python package .* cannot be used$/),
      });
    }
  });
});

describe('noExecutor', () => {
  it('gives the spec and validates, and runs nothing', async () => {
    const source = getSource('faker', { count: 'x' }, { noExecutor: true });
    expect((await source.spec()).connectionSpecification).toHaveProperty('properties.count');
    await expect(source.validateConfig()).rejects.toThrow('count must be an integer');
    await expect(source.setConfig({ count: 5 }).check()).rejects.toThrow(InputError);
  });

  it('says where a spec is not known', async () => {
    await expect(getSource('x', {}, { noExecutor: true }).spec()).rejects.toThrow(
      'source-x: its spec is not known here',
    );
  });
});

describe('an executor of one’s own', () => {
  it('is asked', async () => {
    const executor: Executor = {
      description: 'mine',
      async prepare() {},
      async install() {},
      async uninstall() {},
      version: async () => '9.9',
      async *run(): Flow {
        yield [{ type: 'SPEC', spec: { connectionSpecification: { title: 'mine' } } }];
      },
      async [Symbol.asyncDispose]() {},
    };
    const source = getSource('anything', {}, { executor });
    expect(source.name).toBe('anything');
    expect((await source.spec()).connectionSpecification).toEqual({ title: 'mine' });
    expect(await source.connectorVersion()).toBe('9.9');
  });
});

describe('the registry', () => {
  it('that is damaged says what to do', async () => {
    await writeFile(join(folder, 'connectors.json'), '{"connectors": [{}]}');
    expect(() => readSnapshot(pathToFileURL(`${folder}/`))).toThrow(
      'the registry of connectors cannot be read',
    );
  });
});
