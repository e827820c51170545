import { afterEach, describe, expect, it, vi } from 'vitest';
import { misbehaving, read } from './misbehaving.ts';
import { isRunning, rows } from './running.ts';

describe('the output of a process that has ended', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('comes to its last record, however long nobody reads it', async () => {
    await using executor = misbehaving('ends-ahead-of-its-output.mjs');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const got: unknown[] = [];
    for await (const items of read(executor)) {
      if (got.length === 0) {
        const pid = Number(rows(items)[0]?.['pid']);
        while (isRunning(pid)) await turn();
        await turn();
        await vi.advanceTimersByTimeAsync(60_000);
      }
      got.push(...rows(items).map(({ id }) => id));
    }
    expect(got).toEqual([...Array(1500).keys()]);
  });
});

/** Lets everything happen that is about to. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
