import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { FlowItem } from '../../src/protocol/flow.ts';
import { attended } from '../../src/sync/attended.ts';

const items: readonly FlowItem[] = [];

describe('an attended flow', () => {
  it('hands on what the flow inside gives, and ends with it', async () => {
    const { signal } = new AbortController();
    const taken = [];
    for await (const one of attended(flowOf(3), signal).flow) taken.push(one);
    expect(taken).toEqual([items, items, items]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('rejects a pending next with the reason as soon as the signal aborts', async () => {
    const controller = new AbortController();
    const iterator = attended(silentFlow(), controller.signal).flow[Symbol.asyncIterator]();
    const pending = iterator.next();
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
    await expect(iterator.next()).rejects.toBe(reason);
  });

  it('returns without waiting for a flow that is silent, and tells it to return', async () => {
    let isTold = false;
    const { signal } = new AbortController();
    const flow = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: () => {
          isTold = true;
          return new Promise<never>(() => {});
        },
      }),
    };
    const iterator = attended(flow, signal).flow[Symbol.asyncIterator]();
    void iterator.next();
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(isTold).toBe(true);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('passes on what the flow inside throws', async () => {
    const { signal } = new AbortController();
    const failing = (async function* () {
      yield items;
      throw new Error('broken');
    })();
    const iterator = attended(failing, signal).flow[Symbol.asyncIterator]();
    await iterator.next();
    await expect(iterator.next()).rejects.toThrow('broken');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

async function* flowOf(count: number) {
  for (let index = 0; index < count; index += 1) yield items;
}

function silentFlow() {
  return { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
}
