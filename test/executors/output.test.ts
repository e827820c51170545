import { setTimeout as pass } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { lingerMs } from '../../src/executors/child.ts';
import { misbehaving, read } from './misbehaving.ts';
import { isRunning, rows } from './running.ts';

describe('the output of a process that has ended', () => {
  it('comes to its last record, however long nobody reads it', async () => {
    await using executor = misbehaving('ends-ahead-of-its-output.mjs');
    const got: unknown[] = [];
    for await (const items of read(executor)) {
      if (got.length === 0) {
        const pid = Number(rows(items)[0]?.['pid']);
        while (isRunning(pid)) await turn();
        // Real time, because it is time that once ended the reading: longer than what is left open may stay open.
        await pass(2.5 * lingerMs);
      }
      got.push(...rows(items).map(({ id }) => id));
    }
    expect(got).toEqual([...Array(1000).keys()]);
  });
});

/** Lets everything happen that is about to. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
