import type { Flow, FlowItem } from '../protocol/flow.ts';

/** A Flow that can be waited for after it was left. */
export interface Attended {
  readonly flow: Flow;
  /** Tells the flow to return and waits until it has cleaned up, but no longer than `limitMs`. */
  close(limitMs: number): Promise<void>;
}

/**
 * Keeps hold of a flow's iterator, so that whoever stops it can wait until its processes and files are gone. To be
 * closed after its signal has aborted or it has ended: one whose pending `next()` then does not settle breaks its
 * contract and is not waited for.
 */
export function attended(flow: Flow): Attended {
  let iterator: AsyncIterator<readonly FlowItem[]> | undefined;
  let pending: Promise<unknown> = Promise.resolve();
  let returned: Promise<unknown> | undefined;

  function leave(): Promise<unknown> {
    returned ??= Promise.resolve(iterator?.return?.()).catch(() => {});
    return returned;
  }

  return {
    flow: {
      [Symbol.asyncIterator]() {
        const inner = flow[Symbol.asyncIterator]();
        iterator = inner;
        return {
          next() {
            const next = inner.next();
            pending = next.catch(() => {});
            return next;
          },
          async return() {
            await leave();
            return { done: true, value: undefined };
          },
        };
      },
    },
    async close(limitMs) {
      const left = leave();
      const isSettled = await within(pending, Math.min(limitMs, contractMs));
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
