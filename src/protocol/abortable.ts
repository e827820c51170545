import type { Flow, FlowItem } from './flow.ts';

type Items = readonly FlowItem[];

/**
 * A Flow whose pending `next()` rejects with the signal's reason as soon as it aborts, and whose `return()` never
 * waits. A generator that is waiting for its next item cannot be told to return: it would hang until the item comes.
 * The flow inside is told to return without being waited for; whoever opened it ends it by the same signal.
 */
export function abortable(flow: Flow, signal: AbortSignal): Flow {
  return { [Symbol.asyncIterator]: () => abortableIterator(flow[Symbol.asyncIterator](), signal) };
}

/** One listener for the whole flow: a race and a listener per item would cost more than handing the item on. */
function abortableIterator(inner: AsyncIterator<Items>, signal: AbortSignal): AsyncIterator<Items> {
  let fail: ((reason: unknown) => void) | undefined;
  const leave = () => {
    signal.removeEventListener('abort', abort);
    inner.return?.()?.then(undefined, () => {});
  };
  const abort = () => {
    leave();
    fail?.(signal.reason);
  };
  if (!signal.aborted) signal.addEventListener('abort', abort, { once: true });

  return {
    next() {
      return new Promise((resolve, reject) => {
        if (signal.aborted) {
          leave();
          reject(signal.reason);
          return;
        }
        fail = reject;
        inner.next().then(
          (step) => {
            fail = undefined;
            if (step.done === true) signal.removeEventListener('abort', abort);
            resolve(step);
          },
          (error: unknown) => {
            signal.removeEventListener('abort', abort);
            reject(error);
          },
        );
      });
    },
    async return() {
      leave();
      return { done: true, value: undefined };
    },
  };
}
