import { describe, expect, it } from 'vitest';
import { stoppable } from '../../src/executors/stoppable.ts';
import type { FlowItem } from '../../src/protocol/flow.ts';
import { records } from './running.ts';

describe('stoppable', () => {
  it('ends what gives one more item after an abort, though nobody asks again', async () => {
    const controller = new AbortController();
    let cleaned = () => {};
    const isClean = new Promise<void>((resolve) => {
      cleaned = resolve;
    });
    const flow = stoppable(controller.signal, async function* (inner): AsyncGenerator<readonly FlowItem[]> {
      try {
        yield [records(1)];
        await aborted(inner);
        yield [records(2)];
      } finally {
        cleaned();
      }
    });
    const iterator = flow[Symbol.asyncIterator]();
    await iterator.next();
    const pending = iterator.next();
    controller.abort(new Error('enough'));
    await expect(pending).resolves.toMatchObject({ done: false });
    await isClean;
    await expect(iterator.next()).rejects.toThrow('enough');
  });

  it('ends what is aborted between two items, though nobody asks again', async () => {
    const controller = new AbortController();
    let cleaned = () => {};
    const isClean = new Promise<void>((resolve) => {
      cleaned = resolve;
    });
    const flow = stoppable(controller.signal, async function* (): AsyncGenerator<readonly FlowItem[]> {
      try {
        for (;;) yield [records(1)];
      } finally {
        cleaned();
      }
    });
    await flow[Symbol.asyncIterator]().next();
    controller.abort(new Error('enough'));
    await isClean;
  });

  it('does not begin when it is left before the first item', async () => {
    let began = false;
    const flow = stoppable(new AbortController().signal, async function* (): AsyncGenerator<
      readonly FlowItem[]
    > {
      began = true;
      yield [];
    });
    await flow[Symbol.asyncIterator]().return?.();
    expect(began).toBe(false);
  });
});

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
