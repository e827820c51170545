import { textLength } from '../../protocol/text-length.ts';

/**
 * Pulls items one by one, and says `due` when one that was pulled has been held for longer than `waitMs`: so what is
 * gathered into batches is not held up by a batch that does not fill.
 */
export interface Puller<Item> {
  next(): Promise<IteratorResult<Item, unknown> | 'due'>;
  /** Something is held from now on. */
  hold(): void;
  /** Nothing is held any more. */
  release(): void;
  /** To be called at the end, however it came. */
  leave(): void;
}

export function openPuller<Item>(items: AsyncIterable<Item> | Iterable<Item>, waitMs: number): Puller<Item> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : asAsync(items);
  let pending: Promise<IteratorResult<Item, unknown>> | undefined;
  let due: Due | undefined;
  let isOver = false;
  const release = () => {
    due?.cancel();
    due = undefined;
  };
  return {
    async next() {
      pending ??= iterator.next();
      // A failure is met where this is awaited next; while others are waited for it must not count as unhandled.
      pending.catch(() => {});
      try {
        const step = due === undefined ? await pending : await Promise.race([pending, due.reached]);
        if (step === 'due') {
          due = undefined;
          return step;
        }
        pending = undefined;
        isOver = step.done === true;
        return step;
      } catch (error) {
        isOver = true;
        throw error;
      }
    },
    hold() {
      due ??= dueAfter(waitMs);
    },
    release,
    leave() {
      release();
      // Not waited for: it may itself be waiting for an item, and would return only when that comes.
      if (!isOver) iterator.return?.()?.then(undefined, () => {});
    },
  };
}

/**
 * Gathers items into arrays of at most `size`, fewer where their texts are long. When their source fails, those that came
 * before go on first.
 */
export async function* batchItems<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  { size, waitMs }: { readonly size: number; readonly waitMs: number },
): AsyncGenerator<readonly Item[], void, undefined> {
  const puller = openPuller(items, waitMs);
  let batch: Item[] = [];
  let length = 0;
  const taken = () => {
    puller.release();
    const full = batch;
    batch = [];
    length = 0;
    return full;
  };
  try {
    for (;;) {
      const step = await puller.next();
      if (step !== 'due') {
        if (step.done === true) break;
        batch.push(step.value);
        length += textLength(step.value);
        puller.hold();
      }
      if (step === 'due' || batch.length >= size || length >= longestBatch) yield taken();
    }
  } catch (error) {
    if (batch.length > 0) yield taken();
    throw error;
  } finally {
    puller.leave();
  }
  if (batch.length > 0) yield batch;
}

/** Characters: of rows of megabytes a few are gathered, so that memory stays flat. */
export const longestBatch = 4_000_000;

interface Due {
  readonly reached: Promise<'due'>;
  cancel(): void;
}

function dueAfter(ms: number): Due {
  let timer: NodeJS.Timeout | undefined;
  const reached = new Promise<'due'>((resolve) => {
    timer = setTimeout(() => resolve('due'), ms);
  });
  return { reached, cancel: () => clearTimeout(timer) };
}

async function* asAsync<Item>(items: Iterable<Item>): AsyncGenerator<Item, void, undefined> {
  yield* items;
}
