import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainPalette } from '../../src/cli/palette.ts';
import { renderConnector } from '../../src/cli/render-connector.ts';
import { entriesIn, metadataOf } from '../../src/connectors/registry/airbyte-entries.ts';
import { buildScripted, hasPython } from '../executors/python-package.ts';
import { registryDocument, shopSpec } from '../fixtures/registry-document.ts';
import { lastLine, openPlace, type Place } from './run-sluice.ts';

let place: Place;
let env: Record<string, string>;

beforeEach(() => {
  place = openPlace();
  const registry = join(place.folder, 'registry.json');
  writeFileSync(registry, JSON.stringify(registryDocument));
  env = { SLUICE_REGISTRY: registry, XDG_CACHE_HOME: place.folder };
});
afterEach(() => place[Symbol.dispose]());

const run = (...args: string[]) => place.run(args, { env });

describe('sluice connectors', () => {
  it('lists connectors as JSON lines, by words, kind and way', async () => {
    const { exitCode, stdout, stderr } = await run('connectors', 'shop');
    expect(exitCode).toBe(0);
    expect(lastLine(stdout)).toEqual({
      name: 'source-shop',
      title: 'Shop',
      version: '3.1.0',
      runs: ['python', 'docker'],
      support: 'certified',
    });
    expect(stderr).toBe('1 connector');
    const manifests = await run('connectors', '--kind', 'source', '--way', 'manifest', '--quiet');
    expect(lastLine(manifests.stdout)).toMatchObject({ name: 'source-weather' });
    expect(manifests.stderr).toBe('');
  });

  it('finds nothing where nothing is like that', async () => {
    expect(await run('connectors', 'no', 'such')).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'no connector is like that',
    });
  });

  it('shows one: what runs it, what else could, and what the registry says', async () => {
    const { stdout } = await run('connectors', 'show', 'shop');
    expect(lastLine(stdout)).toMatchObject({
      name: 'source-shop',
      runs: 'runs as a Python package (airbyte-source-shop), which the registry prefers',
      others: ['in Docker (airbyte/source-shop:3.1.0); say dockerImage: true to run that'],
      breakingChanges: [{ version: '2.0.0' }, { version: '3.0.0' }],
      registry: { kind: 'file', label: env['SLUICE_REGISTRY'] },
    });
    expect(lastLine((await run('connectors', 'show', 'source-faker')).stdout)).toMatchObject({
      runs: 'runs built in',
      ways: [{ way: 'built in' }, { way: 'python', verified: { on: expect.any(String) } }],
    });
  });

  it('shows one that there is no way to run, and says so where it is to be run', async () => {
    const registry = { sources: [{ dockerRepository: 'airbyte/source-foo' }] };
    writeFileSync(join(place.folder, 'registry.json'), JSON.stringify(registry));
    const shown = await run('connectors', 'show', 'source-foo');
    expect(lastLine(shown.stdout)).toMatchObject({ runs: 'no way to run it is known', others: [], ways: [] });
    const { exitCode, stderr } = await run('read', 'foo');
    expect(stderr).toBe(
      'sluice: source-foo: it is in the registry, which tells of no way to run it\n' +
        'Its entry has no version of an image, no package and no manifest. If it is on PyPI: pip:airbyte-source-foo, or another package; an image: docker:IMAGE; a program of yours: ./PATH.',
    );
    expect(exitCode).toBe(2);
  });

  it('says each time that the network is not used, and what the list is instead', async () => {
    env['SLUICE_REGISTRY'] = 'http://127.0.0.1:1/registry.json';
    const told = 'sluice: the network is not used; what comes with Sluice is used';
    expect((await run('connectors', 'faker', '--offline')).stderr).toContain(told);
    expect((await run('connectors', 'faker', '--offline', '--quiet')).stderr).toBe('');
  });

  it.each([
    [
      ['connectors', 'show', 'shpo'],
      'no connector "shpo" is built in, on PATH or in the registry; did you mean',
    ],
    [['connectors', 'show', 'source-shpo'], 'did you mean "source-shop"?'],
    [['connectors', '--refresh', '--offline'], "option '--offline' cannot be used with option '--refresh'"],
    [['connectors', '--way', 'magic'], 'Allowed choices are built in, manifest, python, docker.'],
    [
      ['uninstall', 'pip:airbyte-source-nonexistent-xyz'],
      'source-nonexistent-xyz: there is nothing to uninstall: the Python package airbyte-source-nonexistent-xyz is not installed here',
    ],
    [['upgrade', 'faker'], 'source-faker: there is nothing to upgrade: it runs built in'],
  ])('refuses what makes no sense: %j', async (args, message) => {
    const { exitCode, stderr } = await run(...args);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });

  it('fails where the registry that was named cannot be read', async () => {
    env['SLUICE_REGISTRY'] = './none.json';
    const { exitCode, stderr, stdout } = await run('connectors', '--json');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('none.json cannot be read: ENOENT');
    expect(lastLine(stdout)).toMatchObject({ error: { code: 'registry_failed' } });
  });

  it('tells a person a line for each thing', () => {
    const [entry] = entriesIn(registryDocument) ?? [];
    if (entry === undefined) throw new Error('the document has no entries');
    const shown = renderConnector(
      {
        name: 'source-shop',
        kind: 'source',
        metadata: metadataOf(entry, 'https://registry.example/'),
        origin: { kind: 'copy', label: 'https://registry.example/', confirmedAt: 0 },
        runs: 'runs as a Python package (airbyte-source-shop), which the registry prefers',
        others: ['in Docker (airbyte/source-shop:3.1.0); say dockerImage: true to run that'],
        installed: '2.4.0',
      },
      plainPalette,
    );
    expect(`\n${shown}`).toMatchInlineSnapshot(`
      "
      source-shop  Shop
      runs        as a Python package (airbyte-source-shop), which the registry prefers
      or          in Docker (airbyte/source-shop:3.1.0); say --option dockerImage=true to run that
      installed   2.4.0
      version     3.1.0
      candidates  3.2.0-rc.1
      written in  python
      support     certified, generally_available
      reads       api
      streams     orders
      breaking    3.0.0: Keys are texts now.
      breaking    2.0.0: Streams were renamed. (https://docs.example/shop-migrations)
      see         https://docs.example/shop
      registry    https://registry.example/, its copy of 1970-01-01 00:00 UTC"
    `);
  });
});

describe('sluice spec', () => {
  it('has what the registry knows, and runs nothing, with noExecutor', async () => {
    const { stdout } = await run('spec', 'shop', '--option', 'noExecutor=true');
    expect(JSON.parse(stdout)).toEqual(shopSpec);
  });
});

describe.skipIf(!hasPython)('sluice install, upgrade and uninstall', () => {
  it('install a version, tell what the next one breaks, upgrade to it, and remove it', async () => {
    for (const version of ['1.2.3', '2.0.0']) buildScripted(place.folder, { version });
    const scripted = {
      name: 'Scripted',
      dockerRepository: 'airbyte/source-scripted',
      dockerImageTag: '2.0.0',
      remoteRegistries: { pypi: { enabled: true, packageName: 'airbyte-source-scripted' } },
      releases: { breakingChanges: { '2.0.0': { message: 'Keys are texts now.' } } },
    };
    writeFileSync(join(place.folder, 'registry.json'), JSON.stringify({ sources: [scripted] }));
    env = { ...env, PIP_NO_INDEX: '1', PIP_FIND_LINKS: place.folder };
    const installed = await run('install', 'scripted', '--option', 'version=1.2.3', '--json');
    expect(lastLine(installed.stdout)).toEqual({ connector: 'source-scripted', version: '1.2.3' });
    expect(lastLine((await run('connectors', 'show', 'scripted')).stdout)).toMatchObject({
      installed: '1.2.3',
    });

    const refused = await run('upgrade', 'scripted');
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toBe(
      'sluice: source-scripted: an upgrade from 1.2.3 breaks something: 2.0.0: Keys are texts now.\n' +
        'Do what it asks for, then upgrade with --accept-breaking.',
    );
    const upgraded = await run('upgrade', 'scripted', '--accept-breaking', '--json');
    expect(upgraded.stderr).toContain('warning: source-scripted: 2.0.0: Keys are texts now.');
    expect(lastLine(upgraded.stdout)).toMatchObject({ from: '1.2.3', to: '2.0.0', isNew: true });
    expect((await run('upgrade', 'scripted')).stderr).toBe(
      'source-scripted is at 2.0.0, and nothing newer is known',
    );
    expect((await run('uninstall', 'scripted')).stderr).toBe('source-scripted is uninstalled');
    const shown = await run('connectors', 'show', 'scripted');
    expect(lastLine(shown.stdout)).not.toHaveProperty('installed');
  }, 180_000);
});
