import type { Flow, FlowItem } from './flow.ts';

/**
 * A Flow whose pending `next()` rejects with the signal's reason as soon as it aborts, and whose `return()` never
 * waits. A generator that is waiting for its next item cannot be told to return: it would hang until the item comes.
 * The flow inside is told to return without being waited for; whoever opened it ends it by the same signal.
 */
export function abortable(flow: Flow, signal: AbortSignal): Flow {
  return { [Symbol.asyncIterator]: () => abortableIterator(flow[Symbol.asyncIterator](), signal) };
}

function abortableIterator(
  inner: AsyncIterator<readonly FlowItem[]>,
  signal: AbortSignal,
): AsyncIterator<readonly FlowItem[]> {
  const leave = () => {
    inner.return?.()?.then(undefined, () => {});
  };
  return {
    async next() {
      if (signal.aborted) {
        leave();
        throw signal.reason;
      }
      let stop: (() => void) | undefined;
      const aborted = new Promise<never>((_, reject) => {
        stop = () => {
          leave();
          reject(signal.reason);
        };
        signal.addEventListener('abort', stop, { once: true });
      });
      try {
        return await Promise.race([inner.next(), aborted]);
      } finally {
        if (stop !== undefined) signal.removeEventListener('abort', stop);
      }
    },
    async return() {
      leave();
      return { done: true, value: undefined };
    },
  };
}
