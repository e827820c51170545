import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLock, waitForLock } from '../../src/executors/file-lock.ts';
import { ownIdentity } from '../../src/executors/process-identity.ts';

const { space } = await ownIdentity();
const module = join(import.meta.dirname, '../../src/executors/file-lock.ts');

describe('a file lock', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lock-'));
    path = join(folder, 'x.lock');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is gone once it is given back', async () => {
    await release(await takeLock(path));
    expect(await readdir(folder)).toEqual([]);
  });

  it('says which process holds it, and since when', async () => {
    const before = new Date().toISOString();
    const child = await holdInChild();
    const refusal = await takeLock(path);
    expect(refusal).toMatchObject({ holder: { process: { pid: child.pid } } });
    expect('holder' in refusal && (refusal.holder?.since ?? '') >= before).toBe(true);
    await kill(child);
  });

  it('passes on from a process that was killed, and leaves no trace of it', async () => {
    const child = await holdInChild();
    await kill(child);
    expect(await readdir(folder)).toEqual(['x.lock']);
    await release(await takeLock(path));
    expect(await readdir(folder)).toEqual([]);
  });

  it('passes on to exactly one of many', async () => {
    for (let round = 0; round < 5; round += 1) {
      await writeFile(path, JSON.stringify(deadHolder()));
      const taken = await Promise.all(Array.from({ length: 10 }, () => takeLock(path)));
      expect(taken.filter((one) => !('holder' in one))).toHaveLength(1);
      for (const one of taken) await release(one);
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('passes on also from one who was killed while taking over from one who was killed', async () => {
    const first = deadHolder();
    const second = deadHolder();
    await writeFile(path, JSON.stringify(first));
    await writeFile(`${path}~${first.token}`, JSON.stringify(second));
    await writeFile(`${path}~${'f'.repeat(12)}~new`, '');
    const taken = await takeLock(path);
    expect('holder' in taken).toBe(false);
    await release(taken);
    expect(await readdir(folder)).toEqual([]);
  });

  it('passes on where a crash of the machine has left it empty', async () => {
    await writeFile(path, '');
    await release(await takeLock(path));
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not taken for stale when its process id means nothing here, until it is no longer renewed', async () => {
    const elsewhere = deadHolder();
    elsewhere.process.space = 'another container';
    await writeFile(path, JSON.stringify(elsewhere));
    expect(await takeLock(path)).toMatchObject({ holder: { token: elsewhere.token } });
    const longAgo = new Date(Date.now() - 120_000);
    await utimes(path, longAgo, longAgo);
    await release(await takeLock(path));
  });

  it('that was taken over is known to be lost, and is left to its new holder', async () => {
    const taken = await takeLock(path);
    if ('holder' in taken) throw new Error('it is held');
    expect(await taken.isOurs()).toBe(true);
    const other = JSON.stringify({ process: await ownIdentity(), since: '', token: 'other' });
    await writeFile(path, other);
    expect(await taken.isOurs()).toBe(false);
    await release(taken);
    expect(await readFile(path, 'utf8')).toBe(other);
  });

  it('lets one in at a time of those who wait, also after a holder that is gone', async () => {
    await writeFile(path, JSON.stringify(deadHolder()));
    let inside = 0;
    let most = 0;
    const enter = async () => {
      await using _lock = await waitForLock(path);
      inside += 1;
      most = Math.max(most, inside);
      await new Promise(setImmediate);
      inside -= 1;
    };
    await Promise.all([enter(), enter(), enter(), enter()]);
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('is no longer waited for after an abort', async () => {
    await using _lock = await waitForLock(path);
    const controller = new AbortController();
    const waiting = waitForLock(path, {
      signal: controller.signal,
      onWait: () => controller.abort(new Error('enough')),
    });
    await expect(waiting).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual(['x.lock']);
  });

  it('is no business of another whose name begins alike', async () => {
    const other = join(folder, 'x.lock~nothing.lock');
    const held = await takeLock(other);
    await release(await takeLock(path));
    expect(await readFile(other, 'utf8')).toContain('"pid"');
    await release(held);
  });

  /** Another process that holds the lock until it is killed. */
  async function holdInChild(): Promise<ChildProcess> {
    const program = `
      const { takeLock } = await import(process.argv[1]);
      const held = await takeLock(process.argv[2]);
      console.log('held');
      setInterval(() => held, 1000);`;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program, module, path],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    return child;
  }
});

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function release(taken: Awaited<ReturnType<typeof takeLock>>): Promise<void> {
  if (!('holder' in taken)) await taken[Symbol.asyncDispose]();
}

function deadHolder() {
  return {
    // Beyond what any system gives out.
    process: { pid: 2 ** 30, started: '1', space },
    since: '2026-01-01T00:00:00.000Z',
    token: Array.from({ length: 12 }, () => Math.floor(Math.random() * 16).toString(16)).join(''),
  };
}
