import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { getDestination } from '../../src/connectors/destination.ts';
import type { ConnectorOptions, SourceOptions } from '../../src/connectors/options.ts';
import { getSource } from '../../src/connectors/source.ts';
import { cutServer, listen } from '../fixtures/loopback.ts';
import {
  haveNpm,
  type NpmRegistry,
  numbersCode,
  openNpmRegistry,
  packPackage,
  writePackage,
} from '../fixtures/npm-packages.ts';
import { gathered, keptLog, thrownBy } from './answering.ts';

const name = '@acme/source-numbers';
let folder: string;
let installRoot: string;
let tarball: string;
let registry: NpmRegistry;

describe.skipIf(!haveNpm)('a connector that is an npm package (needs npm)', () => {
  const made = mkdtempSync(join(tmpdir(), 'npm-made-'));
  beforeAll(async () => {
    tarball = packPackage(made, { name, code: numbersCode });
    const later = packPackage(made, { name, version: '1.10.0', code: numbersCode });
    registry = await openNpmRegistry([
      { name, version: '1.2.0', tarball },
      { name, version: '1.10.0', tarball: later },
    ]);
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    rmSync(made, { recursive: true, force: true });
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'npm-'));
    installRoot = join(folder, 'connectors');
    vi.stubEnv('npm_config_registry', registry.url);
    vi.stubEnv('npm_config_cache', join(folder, 'cache'));
    vi.stubEnv('OUR_OWN', 'x');
    return () => {
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
      rmSync(folder, { recursive: true, force: true });
    };
  });

  const source = (npmPackage: string, options: SourceOptions = {}) =>
    getSource('source-numbers', {}, { npmPackage, installRoot, ...options });
  const package_ = (code: string) => writePackage(folder, { name: 'source-made', code });
  const fault = (code: string, npmPackage = package_(code), options: SourceOptions = {}) =>
    thrownBy(() => source(npmPackage, options).check());

  it('runs in a process of its own, with few of our variables', async () => {
    const rows = await gathered(source(tarball).getRecords('numbers'));
    expect(rows).toMatchObject([1, 2, 3].map((id) => ({ id, n: 12345678901234567890n })));
    expect(rows[0]?.['pid']).not.toBe(process.pid);
    expect(rows[0]).not.toHaveProperty('home');
  });

  it('runs in this process where that is said', async () => {
    vi.spyOn(console, 'log').mockReturnValue();
    const rows = await gathered(source(tarball, { inProcess: true }).getRecords('numbers'));
    expect(rows).toMatchObject([1, 2, 3].map((id) => ({ id, pid: process.pid, home: 'x' })));
  });

  it('is installed once, whole, and found again without npm', async () => {
    const { log, entries } = keptLog();
    const one = source(name);
    await one.check({ log });
    expect(await one.connectorVersion()).toBe('1.10.0');
    expect(entries.flatMap(({ isNotice, message }) => (isNotice === true ? [message] : []))).toEqual([
      'installing @acme/source-numbers with npm',
      'installed @acme/source-numbers 1.10.0',
    ]);
    expect(readdirSync(installRoot)).toEqual(['npm-source-numbers']);
    vi.stubEnv('PATH', '');
    await source(name, { installIfMissing: false }).check();
  });

  it('is installed in the version that is asked for, anew by install(), and removed by uninstall()', async () => {
    const pinned = source(name, { version: '1.2.0' });
    await pinned.check();
    expect(await pinned.connectorVersion()).toBe('1.2.0');
    expect(await source(`${name}@1.2.0`).connectorVersion()).toBe('1.2.0');
    expect(await source(name).connectorVersion()).toBeUndefined();
    await source(name).install();
    expect(await source(name).connectorVersion()).toBe('1.10.0');
    await source(name).uninstall();
    expect(readdirSync(installRoot)).toEqual([]);
    await expect(source(name).uninstall()).rejects.toMatchObject({
      code: 'input_invalid',
      message: `source-numbers: there is nothing to uninstall: the npm package ${name} is not installed here`,
    });
  });

  it('is upgraded to its newest version, which needs no registry of connectors', async () => {
    const ranged = source(`${name}@^1.0.0`);
    expect(await ranged.upgrade()).toEqual({
      from: undefined,
      to: '1.10.0',
      isNew: true,
      breakingChanges: [],
    });
    expect(await ranged.upgrade()).toMatchObject({ from: '1.10.0', to: '1.10.0', isNew: false });
    const made = package_(numbersCode);
    await source(made).install();
    const manifest = join(made, 'package.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('1.2.0', '9.0.0'));
    expect(await source(made).upgrade()).toMatchObject({ from: '1.2.0', to: '9.0.0', isNew: true });
  });

  it('is that of the project, where the project has it', async () => {
    const own = join(folder, 'node_modules', name);
    mkdirSync(dirname(own), { recursive: true });
    symlinkSync(writePackage(folder, { name, version: '3.0.0', code: numbersCode }), own);
    mkdirSync(join(folder, 'node_modules', 'sluice'));
    const stub = { name: 'sluice', type: 'module', exports: './index.js' };
    writeFileSync(join(folder, 'node_modules/sluice/package.json'), JSON.stringify(stub));
    const library = new URL('../../dist/index.js', import.meta.url).href;
    writeFileSync(join(folder, 'node_modules/sluice/index.js'), `export * from '${library}';`);
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    vi.spyOn(process, 'cwd').mockReturnValue(inner);
    const one = source(name);
    expect(await gathered(one.getRecords('numbers'))).toHaveLength(3);
    expect(await one.connectorVersion()).toBe('3.0.0');
    expect(existsSync(installRoot)).toBe(false);
    await expect(one.uninstall()).rejects.toMatchObject({
      message: expect.stringMatching(/is a package of this project$/),
    });
    expect(await source(name, { version: '1.2.0' }).connectorVersion()).toBeUndefined();
  });

  it('keeps what was there when an installation fails', async () => {
    await source(name).check();
    const error = await thrownBy(() => source('@acme/nowhere').check());
    expect(error).toMatchObject({
      code: 'install_failed',
      message: expect.stringMatching(
        /^source-numbers: cannot install @acme\/nowhere: .*not found.*\(exit code 1\)$/i,
      ),
    });
    expect(await source(name).connectorVersion()).toBe('1.10.0');
    expect(readdirSync(installRoot)).toEqual(['npm-source-numbers']);
  });

  it('is installed once when two ask for it at the same time', async () => {
    const logs = [keptLog(), keptLog()];
    await Promise.all(logs.map(({ log }) => source(name).check({ log })));
    const said = logs.flatMap(({ entries }) => entries).filter(({ message }) => /^installed/.test(message));
    expect(said).toHaveLength(1);
    expect(readdirSync(installRoot)).toEqual(['npm-source-numbers']);
  });

  it('leaves nothing of an installation that is stopped', async () => {
    const stopping = new AbortController();
    const silent = createServer(() => stopping.abort());
    vi.stubEnv('npm_config_registry', await listen(silent));
    const error = await thrownBy(() => source(name).check({ signal: stopping.signal }));
    await cutServer(silent);
    expect(error).toMatchObject({ code: 'stopped' });
    expect(readdirSync(installRoot)).toEqual([]);
  });

  it('that wants another version of this library is refused by npm', async () => {
    const peerDependencies = { sluice: '>=99' };
    const made = writePackage(folder, { name: 'new', code: numbersCode, manifest: { peerDependencies } });
    expect(await thrownBy(() => source(made).check())).toMatchObject({
      code: 'install_failed',
      message: expect.stringContaining('cannot install'),
      context: { output: expect.arrayContaining([expect.stringContaining('sluice')]) },
    });
  });

  it('is taken from what the package exports by its kind, its name, or as the default', async () => {
    const both = package_(`${numbersCode}
      import { defineDestination } from 'sluice';
      export const other = numbers;
      export const sink = defineDestination({ name: 'sink' }, async () => {});`);
    await getDestination('sink', {}, { npmPackage: both, installRoot }).check();
    expect(await thrownBy(() => source(both).check())).toMatchObject({
      message: expect.stringContaining('its npm package exports 2 sources'),
      context: expect.objectContaining({ exitCode: 2 }),
    });
    await source(`${both}#numbers`).check();
    const { message } = (await thrownBy(() => source(`${both}#number`).check())) as Error;
    expect(message).toContain('no source as "number"; did you mean "numbers"?');
  });

  it.each([
    ['export const nothing = 1;', /its npm package exports no sources\. A source is what defineSource gave/],
    ['throw new Error("no such library");', /its npm package cannot be loaded: no such library/],
    ['export { nothing } from "./gone.js";', /its npm package cannot be loaded: Cannot find module/],
  ])('that is none says so, in either process: %s', async (code, why) => {
    const [separate, together] = [await fault(code), await fault(code, undefined, { inProcess: true })];
    for (const error of [separate, together]) {
      const { message, guidance } = error as { message: string; guidance?: string };
      expect(`${message}. ${guidance}`).toMatch(why);
    }
  });

  it('written as a CommonJS module is one as well', async () => {
    const code = `exports.numbers = require('sluice').defineSource({ name: 'n', streams: [] });`;
    const made = writePackage(folder, {
      name: 'old',
      code,
      manifest: { type: 'commonjs', exports: './index.js' },
    });
    await source(made).check();
  });

  it('says what is missing: npm, the package, a folder', async () => {
    vi.stubEnv('PATH', join(folder, 'empty'));
    expect(await thrownBy(() => source(name).check())).toMatchObject({
      code: 'not_runnable',
      message: 'source-numbers: npm is not on PATH, and this connector is an npm package',
    });
    expect(await thrownBy(() => source(name, { installIfMissing: false }).check())).toMatchObject({
      code: 'not_runnable',
      message: 'source-numbers: the npm package @acme/source-numbers is not installed',
    });
    vi.unstubAllEnvs();
    expect(await thrownBy(() => source('./no-such-folder').check())).toMatchObject({
      code: 'install_failed',
      message: expect.stringMatching(/^source-numbers: cannot install \.\/no-such-folder: there is no/),
    });
  });
});

describe('the options of an npm package', () => {
  const refused = (options: ConnectorOptions) => thrownBy(() => getSource('source-x', {}, options));

  it.each([
    [{ npmPackage: 'x@1.0.0', version: '2.0.0' }, '"version" and "npmPackage" contradict each other'],
    [{ npmPackage: './x', version: '2.0.0' }, '"version" and "npmPackage" contradict each other'],
    [{ npmPackage: 'x', inProcess: true, env: { A: 'b' } }, '"inProcess" and "env" contradict each other'],
    [{ npmPackage: '--global' }, 'must be a package, not an option of npm'],
    [{ npmPackage: 'x', version: '--global' }, '"--global" is no version of an npm package'],
    [{ npmPackage: 'x', version: 'file:../x' }, '"file:../x" is no version of an npm package'],
    [{ npmPackage: 'a b' }, '"a b" names no npm package'],
    [{ localExecutable: './x', inProcess: true }, 'the option "inProcess" cannot be used'],
  ])('are refused where they make no sense: %j', async (options, why) => {
    expect(await refused(options)).toMatchObject({
      code: 'input_invalid',
      message: expect.stringContaining(why),
    });
  });

  it.each([
    ['@acme/source-x@1.2.0', 'the npm package @acme/source-x'],
    ['source-x@next#orders', 'the npm package source-x#orders'],
    ['./packages/source-x-1.2.0.tgz', 'the npm package ./packages/source-x'],
    ['https://me:s3cret@host.example/x-1.0.0.tgz?t=s3cret', 'the npm package https://****@host.example/x'],
    ['git+ssh://git@host.example/x.git#v1', 'the npm package git+ssh://****@host.example/x.git'],
  ])('tell its connections apart, from version to version the same: %s', async (npmPackage, via) => {
    const { viaOf } = await import('../../src/connectors/via.ts');
    expect(viaOf({ name: 'source-x', program: undefined, options: { npmPackage }, way: 'npm' })).toBe(via);
  });
});
