import type { Flow, FlowItem } from '../protocol/flow.ts';

/** An input whose first items can be asked for before anybody takes them. */
export interface EarlyInput {
  readonly flow: Flow;
  /** Asks for the first items now: whatever makes them can start meanwhile. */
  begin(): void;
  /** Ends what was begun, where nobody has taken it. */
  leave(): void;
}

/** Lets an input begin while whoever will take it is still being started. */
export function earlyInput(input: Flow): EarlyInput {
  let iterator: AsyncIterator<readonly FlowItem[]> | undefined;
  let first: Promise<IteratorResult<readonly FlowItem[]>> | undefined;
  let isTaken = false;
  const open = () => {
    iterator ??= input[Symbol.asyncIterator]();
    return iterator;
  };
  return {
    flow: {
      [Symbol.asyncIterator]() {
        isTaken = true;
        const inner = open();
        return {
          next() {
            const begun = first;
            first = undefined;
            return begun ?? inner.next();
          },
          return: async () => (await inner.return?.()) ?? { done: true, value: undefined },
        };
      },
    },
    begin() {
      if (isTaken || first !== undefined) return;
      first = open().next();
      // Whoever takes it hears of a failure; nobody may.
      first.catch(() => {});
    },
    leave() {
      if (isTaken || iterator === undefined) return;
      isTaken = true;
      iterator.return?.()?.then(undefined, () => {});
    },
  };
}
