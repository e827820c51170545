import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
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
          join(disk, 'db'),
        ],
        { env: { PATH: process.env['PATH'], SLUICE_DIR: join(folder, 'home'), DISK: disk } },
      );
      const [full, whole] = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(full.message).toMatch(/^\S+ .*: the disk is full$/);
      expect(full).toMatchObject({
        code: 'storage_failed',
        guidance: expect.stringContaining('Free some space'),
      });
      expect(full.confirmed).toBeGreaterThan(0);
      expect(full).toMatchObject({ rows: full.confirmed, ids: full.confirmed });
      expect(whole).toEqual({ read: 20_000 - full.confirmed, rows: 20_000, ids: 20_000 });
    },
  );
});

const program = join(import.meta.dirname, 'disk-full.mjs');
const library = join(import.meta.dirname, '..', '..', 'dist', 'index.js');
