import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A million by hand: `SLUICE_FAKER_USERS=1000000 npx vitest run test/delivery/million.test.ts --disable-console-intercept` */
const leastCount = Number(process.env['SLUICE_FAKER_USERS'] ?? 20_000);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'million-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe(`${leastCount} users of the faker, or more, in a DuckDB cache`, () => {
  it.each(['SIGINT', 'SIGKILL'] as const)(
    'are all there once when the read was ended by %s at its half, and a second read has nothing to do',
    async (signal) => {
      let count = leastCount;
      let cut = await read(count, signal);
      // A quick machine can be through before half is told; then there have to be more.
      while (cut.last.read !== undefined) {
        count *= 4;
        cut = await read(count, signal);
      }
      expect(cut.signal === 'SIGKILL' || cut.last.stopped === 'stopped').toBe(true);
      const resumed = await read(count, undefined);
      expect(resumed.last).toMatchObject({ held: { rows: count, ids: count, last: count } });
      expect(resumed.last.read).toBeLessThan(count * 0.8);
      const second = await read(count, undefined);
      expect(second.last).toMatchObject({ read: 0, held: { rows: count } });
      if (process.env['SLUICE_FAKER_USERS'] !== undefined) {
        process.stderr.write(
          `${JSON.stringify({ signal, cut: cut.last, resumed: resumed.last, second: second.last })}\n`,
        );
      }
    },
    3_600_000,
  );
});

interface Line {
  readonly confirmed?: number;
  readonly read?: number;
  readonly held?: unknown;
  readonly stopped?: string;
  readonly ms?: number;
}

/** One read in a process of its own, which is sent the signal once half of the records are confirmed. */
async function read(count: number, signal: 'SIGINT' | 'SIGKILL' | undefined) {
  const dbPath = join(folder, `faker-${count}.duckdb`);
  const child = spawn(process.execPath, [program, library, dbPath, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], SLUICE_DIR: join(folder, 'home'), TMPDIR: tmpdir() },
  });
  const closed = once(child, 'close');
  let last: Line = {};
  let isSent = false;
  for await (const text of createInterface({ input: child.stdout })) {
    last = JSON.parse(text) as Line;
    if (signal === undefined || isSent || (last.confirmed ?? 0) < count / 2) continue;
    isSent = true;
    child.kill(signal);
  }
  const [, ended] = await closed;
  return { last, signal: ended as string | null };
}

const program = join(import.meta.dirname, 'faker-read.mjs');
const library = join(import.meta.dirname, '..', '..', 'dist', 'index.js');
