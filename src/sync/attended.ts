import type { Flow, FlowItem } from '../protocol/flow.ts';

type Items = readonly FlowItem[];

/** A Flow that can be ended by a signal while it waits, and waited for after it was left. */
export interface Attended {
  readonly flow: Flow;
  /** Tells the flow to return and waits until it has cleaned up, but no longer than `limitMs`. */
  close(limitMs: number): Promise<void>;
}

/**
 * A Flow whose pending `next()` rejects with the signal's reason as soon as it aborts, and whose `return()` never
 * waits: a generator that is waiting for its next item cannot be told to return, it would hang until the item comes.
 * Whoever opened the flow inside ends it by the same signal.
 *
 * Keeps hold of the iterator, so that whoever stops it can wait until its processes and files are gone. To be closed
 * after the signal has aborted or the flow has ended: one whose pending `next()` then does not settle breaks its
 * contract and is not waited for.
 */
export function attended(flow: Flow, signal: AbortSignal): Attended {
  let iterator: AsyncIterator<Items> | undefined;
  let pending: Promise<unknown> | undefined;
  let returned: Promise<unknown> | undefined;
  let fail: ((reason: unknown) => void) | undefined;

  function leave(): Promise<unknown> {
    signal.removeEventListener('abort', abort);
    returned ??= Promise.resolve(iterator?.return?.()).catch(() => {});
    return returned;
  }

  function abort(): void {
    void leave();
    fail?.(signal.reason);
  }

  /** One listener for the whole flow: a race and a listener per item would cost more than handing the item on. */
  function next(inner: AsyncIterator<Items>): Promise<IteratorResult<Items>> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        void leave();
        reject(signal.reason);
        return;
      }
      fail = reject;
      const step = inner.next();
      pending = step;
      step.then(
        (result) => {
          fail = undefined;
          if (result.done === true) signal.removeEventListener('abort', abort);
          resolve(result);
        },
        (error: unknown) => {
          signal.removeEventListener('abort', abort);
          reject(error);
        },
      );
    });
  }

  return {
    flow: {
      [Symbol.asyncIterator]() {
        const inner = flow[Symbol.asyncIterator]();
        iterator = inner;
        if (!signal.aborted) signal.addEventListener('abort', abort, { once: true });
        return {
          next: () => next(inner),
          async return() {
            void leave();
            return { done: true, value: undefined };
          },
        };
      },
    },
    async close(limitMs) {
      const left = leave();
      const isSettled = await within(Promise.allSettled([pending]), Math.min(limitMs, contractMs));
      if (isSettled) await within(left, limitMs);
    },
  };
}

/** Ten times what a pending `next()` may take to settle once its signal has aborted. */
const contractMs = 1_000;

/** Node's timers hold 31 bits; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

async function within(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.min(limitMs, longestTimerMs));
  });
  const isSettled = await Promise.race([promise.then(() => true as const), late]);
  clearTimeout(timer);
  return isSettled;
}
