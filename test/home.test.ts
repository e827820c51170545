import { mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StorageError } from '../src/errors.ts';
import { homeFolder, openHomeFolder } from '../src/home.ts';

describe('the .sluice folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'home-')));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('lies in the current folder where there is no project', () => {
    expect(homeFolder({ cwd: folder, env: {} })).toBe(join(folder, '.sluice'));
  });

  it('lies beside the nearest sluice.toml, seen from any folder below', async () => {
    const below = join(folder, 'a', 'b');
    await mkdir(below, { recursive: true });
    await writeFile(join(folder, 'sluice.toml'), '');
    expect(homeFolder({ cwd: below, env: {} })).toBe(join(folder, '.sluice'));
  });

  it('is moved by SLUICE_DIR, and an empty SLUICE_DIR is none', () => {
    expect(homeFolder({ cwd: folder, env: { SLUICE_DIR: 'elsewhere' } })).toBe(join(folder, 'elsewhere'));
    expect(homeFolder({ cwd: folder, env: { SLUICE_DIR: '' } })).toBe(join(folder, '.sluice'));
  });

  it('is private and ignores itself for git', async () => {
    const state = await openHomeFolder('state', { cwd: folder, env: {} });
    await openHomeFolder('runs', { cwd: folder, env: {} });
    expect(state).toBe(join(folder, '.sluice', 'state'));
    expect((await stat(state)).mode & 0o777).toBe(0o700);
    expect(await readFile(join(folder, '.sluice', '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('that cannot be made is an error of storage, which says where it should lie', async () => {
    await writeFile(join(folder, 'file'), '');
    const opening = openHomeFolder('runs', { cwd: folder, env: { SLUICE_DIR: 'file' } });
    await expect(opening).rejects.toThrow(StorageError);
    await expect(opening).rejects.toThrow(`the folder ${join(folder, 'file', 'runs')} cannot be used`);
  });
});
