import type { Flow, FlowItem } from '../protocol/flow.ts';
import { withinMsIfAlive } from './limit.ts';

type Items = readonly FlowItem[];

/** A Flow that ends by the signal also while it waits; what made it gets the grace period to clean up. */
export async function* endedBy(flow: Flow, signal: AbortSignal, graceMs: number): AsyncGenerator<Items> {
  const iterator = flow[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      const step = await nextUnlessAborted(iterator, signal);
      if (step.done === true) {
        isOver = true;
        return;
      }
      yield step.value;
    }
  } catch (error) {
    isOver = !signal.aborted;
    throw error;
  } finally {
    // What has been stopped has mostly been answered by now: only a clean-up of its own may keep the process.
    if (!isOver) await withinMsIfAlive(graceMs, Promise.resolve(iterator.return?.()));
  }
}

function nextUnlessAborted(
  iterator: AsyncIterator<Items>,
  signal: AbortSignal,
): Promise<IteratorResult<Items, unknown>> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
