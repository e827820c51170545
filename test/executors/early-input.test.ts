import { describe, expect, it } from 'vitest';
import { earlyInput } from '../../src/executors/early-input.ts';
import type { Flow } from '../../src/protocol/flow.ts';
import { all, records, rows } from './running.ts';

/** An input that notes what happens to it. */
function noted(events: string[]): Flow {
  return (async function* () {
    events.push('begun');
    try {
      yield [records(1)];
      yield [records(2)];
    } finally {
      events.push('ended');
    }
  })();
}

describe('an early input', () => {
  it('begins when told to, and gives all once it is taken', async () => {
    const events: string[] = [];
    const early = earlyInput(noted(events));
    expect(events).toEqual([]);
    early.begin();
    early.begin();
    expect(events).toEqual(['begun']);
    expect(rows(await all(early.flow))).toHaveLength(2);
    early.leave();
    expect(events).toEqual(['begun', 'ended']);
  });

  it('gives all where it never began before it was taken', async () => {
    const early = earlyInput(noted([]));
    expect(rows(await all(early.flow))).toHaveLength(2);
    early.begin();
  });

  it('is ended when nobody takes it', async () => {
    const events: string[] = [];
    const early = earlyInput(noted(events));
    early.begin();
    early.leave();
    await new Promise((resolve) => setImmediate(resolve));
    expect(events).toEqual(['begun', 'ended']);
  });

  it('tells whoever takes it that its beginning failed', async () => {
    const broken = new Error('the source broke');
    const early = earlyInput(
      // biome-ignore lint/correctness/useYield: it fails before it has anything
      (async function* (): Flow {
        throw broken;
      })(),
    );
    early.begin();
    await expect(all(early.flow)).rejects.toBe(broken);
  });
});
