import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import type { Flow } from '../../src/protocol/flow.ts';
import { batch, bytesPerBatch, misbehaving, read, write } from './misbehaving.ts';
import { outcome, rows, running } from './running.ts';

describe('back-pressure', () => {
  const onLinux = it.runIf(existsSync('/proc/self/io'));

  onLinux('holds a source back that is not read on', async () => {
    await using executor = misbehaving('never-stops-talking.mjs');
    const iterator = read(executor)[Symbol.asyncIterator]();
    const first = await iterator.next();
    const pid = Number(rows(first.value ?? [])[0]?.['pid']);
    expect(await settled(() => writtenBy(pid))).toBeLessThan(2_000_000);
    await iterator.return?.();
  });

  it('stops asking for input that a destination does not take', async () => {
    await using executor = misbehaving('never-listens.mjs');
    const run = running();
    let given = 0;
    const input = async function* (): Flow {
      for (;;) {
        given += 1;
        yield batch;
      }
    };
    const done = outcome(write(executor, input(), run));
    expect((await settled(() => given)) * bytesPerBatch).toBeLessThan(2_000_000);
    run.abort();
    await done;
  });

  it('keeps memory flat however much goes through', async () => {
    await using executor = misbehaving('never-stops-talking.mjs');
    let bytes = 0;
    let early = 0;
    for await (const items of read(executor)) {
      for (const item of items) if (item.type === 'RECORDS') bytes += item.lines().length;
      if (early === 0 && bytes > 50e6) early = process.memoryUsage().rss;
      if (bytes > 300e6) break;
    }
    expect(process.memoryUsage().rss - early).toBeLessThan(60e6);
  });
});

/** A number once it has stayed the same for a while. */
async function settled(read: () => number): Promise<number> {
  let last = -1;
  await vi.waitFor(
    () => {
      const now = read();
      const before = last;
      last = now;
      if (now === 0 || now !== before) throw new Error('still moving');
    },
    { timeout: 10_000, interval: 300 },
  );
  return last;
}

/** Bytes that a process has written so far. */
function writtenBy(pid: number): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}
