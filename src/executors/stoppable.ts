import { StoppedError } from '../errors.ts';
import type { Flow, FlowItem } from '../protocol/flow.ts';
import { keepingAlive } from './limit.ts';

type Items = readonly FlowItem[];

/**
 * A Flow that can be stopped while it waits. When the signal aborts, or the loop is left, what `open` made sees its own
 * signal abort and has to end by itself. Leaving waits until it has; an abort settles a pending `next()` at once,
 * though not before what usually ends in a few milliseconds has had them. `begin` is called at the first `next()`, and
 * what it answers when all is over.
 */
export function stoppable(
  signal: AbortSignal,
  open: (signal: AbortSignal) => AsyncGenerator<Items>,
  begin: () => () => void = () => () => {},
): Flow {
  return { [Symbol.asyncIterator]: () => stoppableIterator(signal, open, begin) };
}

function stoppableIterator(
  outer: AbortSignal,
  open: (signal: AbortSignal) => AsyncGenerator<Items>,
  begin: () => () => void,
): AsyncIterator<Items> {
  const controller = new AbortController();
  const inner = open(controller.signal);
  let end: (() => void) | undefined;
  let pending: { readonly settled: Promise<unknown>; leave(): void; fail(reason: unknown): void } | undefined;

  const abort = () => {
    controller.abort(outer.reason);
    const waiting = pending;
    if (waiting !== undefined) setTimeout(() => waiting.fail(outer.reason), settleMs);
    // The loop may never ask again, now or after one last item: then nobody else would end it.
    void Promise.resolve(waiting?.settled)
      .then(() => inner.return(undefined))
      .catch(() => {})
      .finally(done);
  };
  const done = () => {
    outer.removeEventListener('abort', abort);
    end?.();
  };
  if (outer.aborted) controller.abort(outer.reason);
  else outer.addEventListener('abort', abort, { once: true });

  return {
    next() {
      if (outer.aborted) return Promise.reject(outer.reason);
      end ??= begin();
      return new Promise((resolve, reject) => {
        const step = inner.next();
        pending = {
          settled: step.catch(() => {}),
          leave: () => resolve({ done: true, value: undefined }),
          fail: reject,
        };
        step.then(
          (result) => {
            pending = undefined;
            if (result.done === true) done();
            resolve(result);
          },
          (error: unknown) => {
            pending = undefined;
            done();
            reject(error);
          },
        );
      });
    },
    async return() {
      outer.removeEventListener('abort', abort);
      try {
        if (pending !== undefined) {
          pending.leave();
          controller.abort(new StoppedError('the loop was left'));
          await (outer.aborted ? pending.settled : keepingAlive(pending.settled));
        }
        await inner.return(undefined);
        return { done: true, value: undefined };
      } finally {
        done();
      }
    },
  };
}

/** Well short of the 100 ms within which a pending `next()` settles. */
const settleMs = 50;
