import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'disk-full-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A file system of its own, gone with the processes that see it. */
const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0;

describe.skipIf(!canMount)('a disk that is full', () => {
  it.each(['DuckDBCache', 'SQLiteCache'])(
    'ends a read into a %s in one line, keeps what was committed, and the next read goes on from there',
    async (cache) => {
      const disk = join(folder, 'disk');
      await mkdir(disk);
      const script = `
        set -e
        mount -t tmpfs -o size=8m,mode=0700 tmpfs "$DISK"
        "$@"
        mount -o remount,size=200m "$DISK"
        "$@"`;
      const { stdout } = await promisify(execFile)(
        'unshare',
        [
          '--mount',
          'bash',
          '-c',
          script,
          'bash',
          process.execPath,
          program,
          library,
          cache,
          JSON.stringify({ dbPath: join(disk, 'db') }),
        ],
        { env: { PATH: process.env['PATH'], SLUICE_DIR: join(folder, 'home'), DISK: disk } },
      );
      expectFullThenWhole(stdout, /^\S+ .*: the disk is full$/);
    },
  );

  it('ends a read into a PostgresCache in one line, and the server goes on as well', async () => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    // The server is not root.
    await chmod(folder, 0o711);
    const script = `
      set -e
      mount -t tmpfs -o "size=14m,mode=0700,uid=$(id -u nobody),gid=$(id -g nobody)" tmpfs "$DISK"
      "$@"`;
    const server = join(import.meta.dirname, 'disk-full-server.ts');
    const command = [process.execPath, '--import', import.meta.resolve('tsx'), server, library, disk];
    const { stdout } = await promisify(execFile)(
      'unshare',
      ['--mount', 'bash', '-c', script, 'bash', ...command],
      { env: { PATH: process.env['PATH'], SLUICE_DIR: join(folder, 'home'), DISK: disk } },
    );
    expectFullThenWhole(stdout, /^PostgreSQL \S+\/small: the server's disk is full$/);
  });
});

/** A line of JSON for the read that filled the disk, and one for the next, with more room. */
function expectFullThenWhole(stdout: string, message: RegExp): void {
  const [full, whole] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(full.message).toMatch(message);
  expect(full).toMatchObject({
    code: 'storage_failed',
    guidance: expect.stringContaining('Free some space'),
  });
  expect(full.confirmed).toBeGreaterThan(0);
  expect(full).toMatchObject({ rows: full.confirmed, ids: full.confirmed });
  expect(whole).toEqual({ read: 20_000 - full.confirmed, rows: 20_000, ids: 20_000 });
}

const program = join(import.meta.dirname, 'disk-full.mjs');
const library = join(import.meta.dirname, '..', '..', 'dist', 'index.js');
