import type { Flow, FlowItem } from '../../protocol/flow.ts';
import type { StateMessage } from '../../protocol/messages.ts';

/** A destination that writes at once, and makes what it wrote durable when told to. */
export interface GroupWriter {
  /** Takes whatever flows. For a STATE, the message to return later; nothing for all else. */
  take(item: FlowItem): Promise<StateMessage | undefined> | StateMessage | undefined;
  /** Makes all that was taken durable. */
  makeDurable(): Promise<void>;
  readonly everyMs?: number;
}

/**
 * Keeps the promises of `Writer.load` for a destination whose way to durability is slow: states wait for each other, a
 * quarter of a second at most, and are confirmed together. A slow source does not hold them up.
 */
export async function* confirmInGroups(input: Flow, { take, makeDurable, everyMs = 250 }: GroupWriter): Flow {
  const source = input[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<readonly FlowItem[]>> | undefined;
  let waiting: StateMessage[] = [];
  let dueAt = Number.POSITIVE_INFINITY;
  let inputFailure: { readonly error: unknown } | undefined;

  async function confirmed(): Promise<readonly StateMessage[]> {
    await makeDurable();
    const states = waiting;
    waiting = [];
    dueAt = Number.POSITIVE_INFINITY;
    return states;
  }

  try {
    for (;;) {
      next ??= source.next();
      const turn = await settledBy(next, dueAt - Date.now()).catch((error: unknown) => {
        inputFailure = { error };
        return ended;
      });
      if (turn !== undefined) next = undefined;
      if (turn?.done) break;
      for (const item of turn?.value ?? []) {
        const state = await take(item);
        if (state === undefined) continue;
        if (waiting.length === 0) dueAt = Date.now() + everyMs;
        waiting.push(state);
      }
      if (Date.now() >= dueAt) yield await confirmed();
    }
  } finally {
    // Does nothing where the input has ended. While the input is still owing an item, it is not waited for.
    const left = source.return?.();
    if (next === undefined) await left;
    else left?.catch(() => {});
  }
  const states = await confirmed().catch((error: unknown) => {
    throw inputFailure?.error ?? error;
  });
  if (states.length > 0) yield states;
  if (inputFailure !== undefined) throw inputFailure.error;
}

const ended = { done: true, value: undefined } as const;

/** What the promise gives, or undefined when it has not come in time. */
async function settledBy<T>(promise: Promise<T>, withinMs: number): Promise<T | undefined> {
  if (withinMs === Number.POSITIVE_INFINITY) return promise;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, withinMs));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
