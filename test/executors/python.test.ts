import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PythonExecutor, type PythonOptions } from '../../src/executors/python.ts';
import { buildScripted, hasPython, uvForTests } from './python-package.ts';
import { all, running } from './running.ts';

const name = 'source-scripted';

describe.skipIf(!hasPython)('PythonExecutor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'python-'));
  const installRoot = join(folder, 'connectors');
  let wheel = '';
  let newer = '';
  beforeAll(() => {
    wheel = buildScripted(folder);
    newer = buildScripted(folder, { version: '2.0.0', scripts: ['source-renamed=scripted:main'] });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const open = (options: PythonOptions = {}) =>
    new PythonExecutor(name, { pipUrl: wheel, installRoot, ...options });
  /** A program that calls itself a Python of that version, and only begins to make what it is asked for. */
  const fakePython = (version: string, says = '') => {
    const path = join(mkdtempSync(join(folder, 'fake-')), 'python3');
    const lines = ['#!/bin/sh', `case "$*" in *version_info*) echo ${version}; exit 0;; esac`];
    const begin = 'for last; do :; done; mkdir -p "$last/bin"';
    writeFileSync(path, [...lines, begin, `echo '${says}' >&2`, 'exit 1', ''].join('\n'));
    chmodSync(path, 0o755);
    return path;
  };

  it('says so when nothing is installed and nothing is to be', async () => {
    await using executor = open({ installIfMissing: false });
    await expect(executor.prepare()).rejects.toMatchObject({
      code: 'not_runnable',
      message: expect.stringContaining('is not installed'),
    });
    expect(await executor.version()).toBeUndefined();
  });

  it('installs once when two, here and in another process, ask for it at the same time', async () => {
    const runs = [running(), running()];
    const here = runs.map(async (run) => {
      await using executor = open();
      await executor.prepare(run);
      return executor.version();
    });
    const there = preparedElsewhere(wheel, installRoot);
    expect([...(await Promise.all(here)), await there]).toEqual(['1.2.3', '1.2.3', '1.2.3']);
    const installs = runs
      .flatMap(({ entries }) => entries)
      .filter(({ message }) => /^installing/.test(message));
    expect(installs.length).toBeLessThanOrEqual(1);
    expect(readdirSync(installRoot)).toEqual([name]);
    expect(JSON.parse(readFileSync(join(installRoot, name, 'sluice.json'), 'utf8'))).toMatchObject({
      name,
      requirement: wheel,
      package: 'airbyte-source-scripted',
      version: '1.2.3',
      python: expect.stringMatching(/^3\.\d+\.\d+$/),
    });
  });

  it('makes a folder and a note that only this user can read', () => {
    expect(statSync(installRoot).mode & 0o777).toBe(0o700);
    expect(statSync(join(installRoot, name, 'sluice.json')).mode & 0o777).toBe(0o600);
  });

  it('does not take a half-finished installation for a whole one', async () => {
    await using executor = open({ installIfMissing: false });
    await executor.prepare();
    const marker = join(installRoot, name, 'sluice.json');
    const text = readFileSync(marker, 'utf8');
    rmSync(marker);
    await expect(executor.prepare()).rejects.toMatchObject({ code: 'not_runnable' });
    writeFileSync(marker, text.slice(0, 20));
    await expect(executor.prepare()).rejects.toMatchObject({ code: 'not_runnable' });
    writeFileSync(marker, text);
    await executor.prepare();
  });

  it('asks for another installation when another Python is wanted', async () => {
    const { python } = JSON.parse(readFileSync(join(installRoot, name, 'sluice.json'), 'utf8'));
    const [major, minor] = python.split('.');
    await open({ usePython: `${major}.${minor}`, installIfMissing: false }).prepare();
    const another = open({ usePython: `${major}.${Number(minor) + 1}`, installIfMissing: false });
    await expect(another.prepare()).rejects.toMatchObject({ code: 'not_runnable' });
  });

  it('keeps what was there when an installation fails, and tells the installer’s last lines without passwords', async () => {
    const says = 'ERROR: cannot reach https://me:s3cret@host.example/simple';
    const usePython = fakePython('3.11.4', says);
    await using executor = open({ usePython });
    await expect(executor.prepare()).rejects.toMatchObject({
      code: 'install_failed',
      message: `${name}: cannot make a virtual environment: cannot reach https://****@host.example/simple (exit code 1)`,
      context: { output: ['ERROR: cannot reach https://****@host.example/simple'] },
    });
    expect(await open().version()).toBe('1.2.3');
    expect(readdirSync(installRoot)).toEqual([name]);
  });

  it('tells the passwords of a requirement to nobody but the installer, and to that in a private file', async () => {
    const path = mkdtempSync(join(folder, 'uv-'));
    const python = fakePython('3.11.4');
    const lines = [
      '#!/bin/sh',
      `[ "$1" = venv ] && exit 0`,
      `echo "$*" > '${path}/args'`,
      'for last; do :; done',
      `cp -p "$last" '${path}/given'`,
      'exit 1',
    ];
    writeFileSync(join(path, 'uv'), lines.join('\n'));
    chmodSync(join(path, 'uv'), 0o755);
    const PATH = [path, dirname(python), process.env['PATH']].join(delimiter);
    const asked = {
      pipUrl: 'git+https://me:s3cret@host.example/x six --index-url https://:s3cret@host.example',
      env: { PATH },
    };
    const absent = await open({ ...asked, installIfMissing: false })
      .prepare()
      .catch((error) => error);
    const failed = await open(asked)
      .prepare()
      .catch((error) => error);
    expect([absent.code, failed.code]).toEqual(['not_runnable', 'install_failed']);
    expect(JSON.stringify([absent, failed])).not.toContain('s3cret');
    expect(readFileSync(join(path, 'args'), 'utf8')).toMatch(/^pip install --python \S+ six -r \S+\n$/);
    expect(readFileSync(join(path, 'given'), 'utf8')).toBe(
      'git+https://me:s3cret@host.example/x\n--index-url https://:s3cret@host.example\n',
    );
    expect(statSync(join(path, 'given')).mode & 0o777).toBe(0o600);
  });

  it('waits for another installation no longer than one may take', async () => {
    const elsewhere = mkdtempSync(join(folder, 'busy-'));
    const lock = join(elsewhere, `${name}.lock`);
    const holder = { process: { pid: 1, started: '1', space: 'another container' }, since: '', token: 'x' };
    writeFileSync(lock, JSON.stringify(holder));
    const run = running();
    await using executor = open({ installRoot: elsewhere, timeouts: { installMs: 100 } });
    await expect(executor.prepare(run)).rejects.toMatchObject({
      code: 'stalled',
      message: `${name}: another installation of it did not end within 100 ms`,
      context: { lock },
    });
    expect(run.entries.map(({ message }) => message)).toEqual(['waiting for another installation of it']);
  });

  it('leaves nothing of an installation that fails', async () => {
    const elsewhere = join(folder, 'elsewhere');
    await using executor = open({ installRoot: elsewhere, usePython: fakePython('3.11.4', 'no space') });
    await expect(executor.prepare()).rejects.toMatchObject({ code: 'install_failed' });
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it('installs anew when another requirement is asked for, and finds the program by its kind', async () => {
    await using executor = open({ pipUrl: newer });
    const [spec] = await all(executor.run({ command: 'spec' }, running()));
    expect(spec?.type).toBe('SPEC');
    expect(await executor.version()).toBe('2.0.0');
  });

  it('refuses another version than the pinned one, and a package without a connector', async () => {
    const tool = buildScripted(folder, { name: 'only-a-tool', scripts: ['tool=scripted:main'] });
    await expect(open({ version: '9.9.9' }).prepare()).rejects.toMatchObject({
      code: 'install_failed',
      message: `${name}: asked for version 9.9.9, got 1.2.3`,
    });
    await expect(open({ pipUrl: tool }).prepare()).rejects.toMatchObject({
      code: 'install_failed',
      guidance: 'Programs it has: tool.',
    });
    expect(await open({ pipUrl: newer }).version()).toBe('2.0.0');
  });

  it('is gone when it is uninstalled', async () => {
    await open({ pipUrl: newer }).uninstall();
    expect(readdirSync(installRoot)).toEqual([]);
    await expect(open({ pipUrl: newer }).uninstall()).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringMatching(
        /: there is nothing to uninstall: the Python package .* is not installed here$/,
      ),
    });
  });

  it('says how to get a Python where there is none, or one too old', async () => {
    await expect(open({ env: { PATH: '/nowhere' } }).prepare()).rejects.toMatchObject({
      code: 'not_runnable',
      message: `${name}: Python is not on PATH, and this connector runs in it`,
      guidance: expect.stringMatching(/uv .*apt install.*brew install/),
    });
    const old = fakePython('3.6.9');
    for (const options of [{ usePython: old }, { env: { PATH: dirname(old) } }]) {
      await expect(open(options).prepare()).rejects.toMatchObject({
        code: 'not_runnable',
        message: expect.stringContaining('is too old: 3.6.9'),
      });
    }
    await expect(open({ usePython: '/no/such/python' }).prepare()).rejects.toMatchObject({
      code: 'not_runnable',
      message: `${name}: there is no Python at /no/such/python`,
    });
    await expect(open({ usePython: '3.99', env: { PATH: '/nowhere' } }).prepare()).rejects.toMatchObject({
      code: 'not_runnable',
      message: expect.stringContaining('Python 3.99 is not on PATH'),
    });
  });

  it('refuses what makes no sense, before anything is touched', () => {
    expect(() => open({ version: '>=1' })).toThrow(/not an exact version/);
    expect(() => open({ pipUrl: "a 'b" })).toThrow(/a quote is open/);
    expect(() => open({ pipUrl: '' })).toThrow(/names no package/);
  });

  it('ends the installer when it is aborted, and leaves nothing', async () => {
    const elsewhere = join(folder, 'aborted');
    const run = running();
    await using executor = new PythonExecutor(name, { pipUrl: wheel, installRoot: elsewhere });
    const reason = new Error('enough');
    const prepared = executor.prepare({
      ...run,
      log: ({ message }) => message.startsWith('installing') && run.abort(reason),
    });
    await expect(prepared).rejects.toBe(reason);
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});

const uv = hasPython ? uvForTests() : undefined;

describe.skipIf(uv === undefined)('PythonExecutor with uv on PATH', () => {
  it('lets uv make the environment', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'uv-'));
    try {
      const run = running();
      await using executor = new PythonExecutor(name, {
        pipUrl: `${buildScripted(folder)} --offline`,
        installRoot: join(folder, 'connectors'),
        env: { PATH: `${uv}${delimiter}${process.env['PATH']}` },
      });
      await executor.prepare(run);
      expect(run.entries.map(({ message }) => message)).toContainEqual(expect.stringMatching(/with uv$/));
      expect(existsSync(join(folder, 'connectors', name, 'bin', 'pip'))).toBe(false);
      expect(await executor.version()).toBe('1.2.3');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Prepares the connector in another process and gives the version that it says. */
async function preparedElsewhere(wheel: string, installRoot: string): Promise<string> {
  const program = fileURLToPath(new URL('./preparing.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, name, wheel, installRoot], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const chunk of child.stdout) said += chunk;
  return said;
}
