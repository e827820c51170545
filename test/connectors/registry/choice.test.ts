import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import {
  getAvailableConnectors,
  getConnectorMetadata,
} from '../../../src/connectors/registry/find-connectors.ts';
import { getSource } from '../../../src/connectors/source.ts';
import { ConnectorUnknownError, InputError, StoppedError } from '../../../src/errors.ts';
import { shopSpec } from '../../fixtures/registry-document.ts';
import { withRegistry } from '../../fixtures/with-registry.ts';
import { answering, keptLog, specLine, thrownBy } from '../answering.ts';

const { folder, server } = withRegistry();

describe('getAvailableConnectors', () => {
  it('lists what is registered and what is built in, by name', async () => {
    const names = (await getAvailableConnectors()).map(({ name }) => name);
    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(
      expect.arrayContaining(['source-shop', 'destination-vault', 'source-faker', 'source-stripe']),
    );
  });

  it('finds by kind, by way and by words of name and title', async () => {
    const find = async (options: Parameters<typeof getAvailableConnectors>[0]) =>
      (await getAvailableConnectors(options)).map(({ name }) => name);
    expect(await find({ search: 'SAMPLE data' })).toEqual(['source-faker']);
    expect(await find({ way: 'manifest' })).toEqual(['source-weather']);
    expect(await find({ kind: 'destination', way: 'docker' })).toEqual(['destination-vault']);
    expect(await find({ search: 'no such thing' })).toEqual([]);
  });

  it('refuses an option that does not exist', async () => {
    const error = await thrownBy(() => getAvailableConnectors({ serach: 'x' } as object));
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ message: expect.stringContaining('did you mean "search"?') });
  });

  it.each([null, 'shop', 5])('refuses what are no options: %j', async (options) => {
    const look = getAvailableConnectors as (given: unknown) => Promise<unknown>;
    expect(await thrownBy(() => look(options))).toMatchObject({
      code: 'input_invalid',
      message: 'getAvailableConnectors: the options must be an object',
    });
  });

  it('tells the log where the registry cannot be asked', async () => {
    server().mood = 500;
    const { log, entries } = keptLog();
    const connectors = await getAvailableConnectors({ log });
    expect(connectors.map(({ name }) => name)).toContain('source-faker');
    expect(entries[0]?.message).toContain('it answered 500');
  });
});

describe('getConnectorMetadata', () => {
  it('tells what is known of one connector', async () => {
    expect(await getConnectorMetadata('source-shop')).toMatchObject({ title: 'Shop', spec: shopSpec });
  });

  it('tells of a connector that is built in with its own spec, and with the evidence that another way runs', async () => {
    const faker = await getConnectorMetadata('source-faker');
    expect(faker.ways).toEqual([
      { way: 'built in' },
      {
        way: 'python',
        package: 'airbyte-source-faker',
        verified: expect.objectContaining({ on: expect.any(String) }),
      },
    ]);
    expect(faker.spec?.connectionSpecification).toHaveProperty('properties.count');
  });

  it.each([
    ['shop', 'did you mean "source-shop"?'],
    ['source-shpo', 'did you mean "source-shop"'],
  ])('says what was perhaps meant: %s', async (name, hint) => {
    const error = await thrownBy(() => getConnectorMetadata(name));
    expect(error).toBeInstanceOf(ConnectorUnknownError);
    expect(error).toMatchObject({ message: expect.stringContaining(hint) });
  });
});

describe('a connector that only the registry knows', () => {
  it('runs as the registry prefers, with the options that this way takes', async () => {
    const error = await thrownBy(() => getSource('shop', {}, { useHostNetwork: true }).spec());
    expect(error).toMatchObject({
      message:
        'source-shop: runs as a Python package (airbyte-source-shop), where the option "useHostNetwork" cannot be used',
    });
    const ledger = await thrownBy(() => getSource('ledger', {}, { installRoot: folder() }).spec());
    expect(ledger).toMatchObject({
      message: expect.stringContaining(
        'runs in Docker (registry.example:5000/team/source-ledger:1.5), where',
      ),
    });
  });

  it('is told about in the log: what runs, and what else could', async () => {
    const { log, entries } = keptLog();
    const source = getSource('shop', {}, { installIfMissing: false, installRoot: folder() });
    await thrownBy(() => source.spec({ log }));
    expect(entries.map(({ message }) => message)).toEqual([
      'source-shop: runs as a Python package (airbyte-source-shop), which the registry prefers; ' +
        'it could also be run in Docker (airbyte/source-shop:3.1.0); say dockerImage: true to run that',
    ]);
  });

  it('runs from its manifest, which lies beside the folder of registries', async () => {
    const manifests = join(folder(), 'metadata/airbyte/source-weather/0.4.2');
    await mkdir(manifests, { recursive: true });
    await mkdir(join(folder(), 'registries/v0'), { recursive: true });
    const orders = join(import.meta.dirname, '../../fixtures/manifests/orders.yaml');
    await cp(orders, join(manifests, 'manifest.yaml'));
    vi.stubEnv('SLUICE_REGISTRY', join(folder(), 'registries/v0/oss.json'));
    await writeFile(join(folder(), 'registries/v0/oss.json'), server().body);
    const { log, entries } = keptLog();
    const { connectionSpecification } = await getSource('weather').spec({ log });
    expect(connectionSpecification).toHaveProperty('properties');
    expect(entries[0]?.message).toMatch(
      /^source-weather: runs from its manifest \(0.4.2\), which the registry prefers/,
    );
  });

  it('has of its manifest what was newest when it was first had, and any version that is asked for', async () => {
    const asked = async (options: object) => {
      const error = await thrownBy(() =>
        getSource('weather', {}, { installRoot: folder(), ...options }).spec(),
      );
      return error instanceof Error ? /source-weather\/(.*)\/manifest/.exec(error.message)?.[1] : error;
    };
    await getSource('shop', {}, { noExecutor: true }).spec();
    server().mood = 404;
    expect(await asked({})).toBe('latest');
    expect(await asked({ version: '0.3.0' })).toBe('0.3.0');
    expect(await asked({ version: 'latest' })).toBe('0.4.2');
  });

  it('has its spec from there with noExecutor, and its config is held against it', async () => {
    const source = getSource('shop', {}, { noExecutor: true });
    expect(await source.spec()).toEqual(shopSpec);
    await expect(source.validateConfig()).rejects.toThrow('token');
    await expect(source.setConfig({ token: 'x' }).validateConfig()).resolves.toBeUndefined();
    await expect(getSource('ledger', {}, { noExecutor: true }).spec()).rejects.toThrow('is not known here');
  });

  it('that is misspelt is an error that names the nearest, and why the registry may not know it', async () => {
    const error = await thrownBy(() => getSource('shpo').spec());
    expect(error).toMatchObject({ message: expect.stringContaining('did you mean "source-shop"?') });
    vi.stubEnv('SLUICE_REGISTRY', 'http://127.0.0.1:1/registry.json');
    const alone = await thrownBy(() => getSource('shop').spec());
    expect(alone).toBeInstanceOf(ConnectorUnknownError);
    expect(alone).toMatchObject({ guidance: expect.stringContaining('cannot be had') });
  });

  it('can be stopped while the registry is silent', async () => {
    server().mood = 'silent';
    const stopping = new AbortController();
    const asking = thrownBy(() => getSource('shop').spec({ signal: stopping.signal }));
    await vi.waitFor(() => expect(server().requests).toHaveLength(1));
    stopping.abort();
    expect(await asking).toBeInstanceOf(StoppedError);
  });
});

describe('the registry is not asked', () => {
  it('for what is built in, is written in TypeScript, is a program, a Python package or an image', async () => {
    const program = join(folder(), 'source-on-path');
    await writeFile(program, `#!/bin/sh\necho '${JSON.stringify(specLine)}'\n`);
    await chmod(program, 0o755);
    vi.stubEnv('PATH', `${folder()}:${process.env['PATH']}`);
    await getSource('faker').spec();
    await getSource('faker', {}, { noExecutor: true }).spec();
    await getSource('on-path').spec();
    await getSource('x', {}, { localExecutable: program }).spec();
    await getSource('x', {}, answering()).spec();
    const missing = { installIfMissing: false, installRoot: folder() };
    await thrownBy(() => getSource('shop', {}, { usePython: true, ...missing }).spec());
    await thrownBy(() => getSource('shop', {}, { pipUrl: 'airbyte-source-shop', ...missing }).spec());
    vi.stubEnv('DOCKER_HOST', `unix://${folder()}/none.sock`);
    await thrownBy(() => getSource('shop', {}, { dockerImage: true }).spec());
    expect(server().requests).toEqual([]);
  });
});
