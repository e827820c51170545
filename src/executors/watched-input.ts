import type { Flow, FlowItem } from '../protocol/flow.ts';

type Items = readonly FlowItem[];

/** An input of which it is known how far it was taken. */
export interface WatchedInput {
  readonly flow: Flow;
  readonly hasEnded: boolean;
  readonly failure: { readonly error: unknown } | undefined;
  leave(): void;
}

/** Notes whether an input was taken to its end, and what it threw. */
export function watchInput(input: Flow): WatchedInput {
  let hasEnded = false;
  let failure: { readonly error: unknown } | undefined;
  let iterator: AsyncIterator<Items> | undefined;
  const leave = () => {
    if (hasEnded || failure !== undefined) return;
    // It may be waiting for its next item, and would not return until that comes.
    iterator?.return?.()?.then(undefined, () => {});
  };
  return {
    flow: {
      [Symbol.asyncIterator]() {
        const inner = input[Symbol.asyncIterator]();
        iterator = inner;
        return {
          async next() {
            try {
              const step = await inner.next();
              hasEnded = step.done === true;
              return step;
            } catch (error) {
              failure = { error };
              throw error;
            }
          },
          async return() {
            leave();
            return { done: true, value: undefined };
          },
        };
      },
    },
    get hasEnded() {
      return hasEnded;
    },
    get failure() {
      return failure;
    },
    leave,
  };
}
