import type { Flow, FlowItem } from '../../protocol/flow.ts';
import type { StateMessage } from '../../protocol/messages.ts';
import { openPuller } from '../authoring/puller.ts';

/** A destination that writes at once, and makes what it wrote durable when told to. */
export interface GroupWriter {
  /** Takes whatever flows. For a STATE, the message to return later; nothing for all else. */
  take(item: FlowItem): Promise<StateMessage | undefined>;
  /** Makes all that was taken durable. */
  makeDurable(): Promise<void>;
}

/**
 * Keeps the promises of `Writer.load` for a destination whose way to durability is slow: states wait for each other, a
 * quarter of a second at most, and are confirmed together. A slow source does not hold them up.
 */
export async function* confirmInGroups(input: Flow, { take, makeDurable }: GroupWriter): Flow {
  const puller = openPuller(input, longestWaitMs);
  let states: StateMessage[] = [];
  let dueAt = Number.POSITIVE_INFINITY;
  let failure: { readonly error: unknown } | undefined;

  async function confirmed(): Promise<readonly StateMessage[]> {
    await makeDurable();
    const durable = states;
    states = [];
    dueAt = Number.POSITIVE_INFINITY;
    puller.release();
    return durable;
  }

  try {
    for (;;) {
      const step = await puller.next().catch((error: unknown) => {
        failure = { error };
        return ended;
      });
      if (step !== 'due') {
        if (step.done === true) break;
        for (const item of step.value) {
          const state = await take(item);
          if (state === undefined) continue;
          if (states.length === 0) dueAt = Date.now() + longestWaitMs;
          states.push(state);
          puller.hold();
        }
      }
      // A source that never pauses leaves no turn for the timer behind `due`, so that the clock is asked as well.
      if (step === 'due' || Date.now() >= dueAt) yield await confirmed();
    }
    const last = await confirmed().catch((error: unknown) => {
      throw failure === undefined ? error : failure.error;
    });
    if (last.length > 0) yield last;
    if (failure !== undefined) throw failure.error;
  } finally {
    puller.leave();
  }
}

const longestWaitMs = 250;
const ended = { done: true, value: undefined } as const;
