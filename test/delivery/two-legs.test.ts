import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'two-legs-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const count = 60_000;

describe('a write by way of a cache that is killed in its second leg', () => {
  it('does not read the source again, and sends what was not confirmed', async () => {
    let reached = 0;
    let isSaved = false;
    const killed = await write('stop', (line, kill) => {
      reached = Number(/^has (\d+)$/.exec(line)?.[1] ?? reached);
      // Only once the second leg's place has been saved, be that before it has come to a half or a second later.
      isSaved ||= reached > 0 && line.startsWith('saved');
      if (isSaved && reached > count / 2) kill();
    });
    expect(killed.signal).toBe('SIGKILL');
    expect(killed.lines.filter((line) => line.startsWith('reads'))).toEqual(['reads from 0']);
    const before = new Set(await taken());
    expect(before.size).toBeLessThan(count);

    const resumed = await write('go', () => {});
    expect(resumed.exitCode).toBe(0);
    expect(resumed.lines.filter((line) => line.startsWith('reads'))).toEqual([`reads from ${count}`]);
    const { read, confirmed } = JSON.parse(resumed.lines.at(-1)?.replace('result ', '') ?? '') as {
      read: number;
      confirmed: number;
    };
    expect(read).toBe(0);
    expect(confirmed).toBeGreaterThan(0);
    expect(confirmed).toBeLessThan(count);
    const after = await taken();
    expect(after.slice(-confirmed)).toEqual(
      Array.from({ length: confirmed }, (_, n) => count - confirmed + n + 1),
    );
    expect(new Set(after).size).toBe(count);
  }, 120_000);
});

/** The ids that the destination was given, in order. */
async function taken(): Promise<readonly number[]> {
  const text = await readFile(join(folder, 'taken'), 'utf8');
  return text.trimEnd().split('\n').map(Number);
}

async function write(mode: 'stop' | 'go', onLine: (line: string, kill: () => void) => void) {
  const child = spawn(process.execPath, [program, library, folder, String(count), mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], SLUICE_DIR: join(folder, 'home'), TMPDIR: tmpdir() },
  });
  const closed = once(child, 'close');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    onLine(line, () => child.kill('SIGKILL'));
  }
  const [exitCode, signal] = await closed;
  return { lines, exitCode, signal };
}

const program = join(import.meta.dirname, 'two-legs-write.mjs');
const library = join(import.meta.dirname, '..', '..', 'dist', 'index.js');
