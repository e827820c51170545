import { ProtocolError } from '../errors.ts';
import { type StreamKey, streamKey } from '../protocol/catalog.ts';
import type { Flow, FlowItem } from '../protocol/flow.ts';
import type { StateMessage } from '../protocol/messages.ts';
import { streamOfState } from '../protocol/state.ts';
import type { Gathering } from './gathering.ts';
import type { Gathered } from './pile.ts';

/** How much may wait before it is committed. */
export interface FlushPolicy {
  readonly bytes: number;
  readonly ms: number;
}

/**
 * Engines like large portions: DuckDB writes anew what many small ones have left it (a fifth more time, and half as much
 * again on disk). What an interruption may cost is limited by the time.
 */
export const defaultFlushPolicy: FlushPolicy = { bytes: 256_000_000, ms: 10_000 };

/** What is made durable in one transaction: records, the states that cover them, and what is complete by now. */
export interface Portion {
  readonly gathered: readonly Gathered[];
  readonly states: readonly StateMessage[];
  readonly completed: ReadonlySet<StreamKey>;
}

interface LoadFlowOptions {
  readonly gathering: Gathering;
  readonly commit: (portion: Portion) => Promise<void>;
  /** Streams whose rows appear only when they are complete: their states are held until then. */
  readonly replaced: ReadonlySet<StreamKey>;
  readonly signal: AbortSignal;
  readonly policy: FlushPolicy;
}

/**
 * Takes records and states, commits them together once enough has gathered, and answers the states as soon as they
 * are durable. While one portion is being committed the next is gathered. When the input fails, what states cover by
 * then is committed still; records behind the last state are not, because they will be read again.
 */
export async function* loadFlow(input: Flow, options: LoadFlowOptions): Flow {
  const { gathering, signal, policy, commit } = options;
  const iterator = input[Symbol.asyncIterator]();
  const account = openAccount(options);
  let arriving: Promise<Arrival> | undefined;
  let committing: Promise<Outcome> | undefined;

  const begin = async () => {
    const portion = await account.portion();
    committing = outcomeOf(portion, commit);
  };
  async function* finish(): Flow {
    const outcome = await committing;
    committing = undefined;
    if (outcome?.failure !== undefined) throw outcome.failure.thrown;
    if (outcome !== undefined && outcome.states.length > 0) yield outcome.states;
  }

  let end: Arrival | undefined;
  try {
    while (end === undefined) {
      arriving ??= arrivalOf(iterator);
      const dueInMs = committing === undefined ? account.dueInMs(policy) : undefined;
      const happened = await firstOf(arriving, committing, dueInMs);
      if (happened === 'committed') yield* finish();
      else if (happened !== 'due') {
        arriving = undefined;
        if (happened.items === undefined) end = happened;
        else end = await account.take(happened.items).then(() => undefined, unreadable);
      }
      // One portion at a time; the next one waits for it only when it has grown to its full size.
      if (committing === undefined ? !account.isDue(policy) : gathering.coveredBytes < policy.bytes) continue;
      yield* finish();
      await begin();
    }
    yield* finish();
    const { failure } = end;
    // Whoever aborts does not wait: what is not committed by now is read again.
    if (signal.aborted) throw failure === undefined ? signal.reason : failure.thrown;
    if (failure === undefined) account.complete();
    await begin();
    yield* finish();
    if (failure !== undefined) throw failure.thrown;
  } finally {
    // A transaction under way is never left alone; a flow that is still pending ends by its own signal.
    await committing;
    iterator.return?.()?.then(undefined, () => {});
  }
}

/** What the input has answered: items, its end, or what it threw. */
interface Arrival {
  readonly items?: readonly FlowItem[];
  readonly failure?: { readonly thrown: unknown };
}

async function arrivalOf(iterator: AsyncIterator<readonly FlowItem[]>): Promise<Arrival> {
  try {
    const result = await iterator.next();
    return result.done === true ? {} : { items: result.value };
  } catch (thrown) {
    return { failure: { thrown } };
  }
}

/** A record that is no JSON ends the load as an input does that fails: what came before it is sound. */
function unreadable(thrown: unknown): Arrival {
  if (thrown instanceof ProtocolError) return { failure: { thrown } };
  throw thrown;
}

/** How a commit ended; it never rejects, because nobody may be waiting for it yet. */
interface Outcome {
  readonly states: readonly StateMessage[];
  readonly failure?: { readonly thrown: unknown };
}

async function outcomeOf(portion: Portion, commit: LoadFlowOptions['commit']): Promise<Outcome> {
  try {
    await commit(portion);
    return { states: portion.states };
  } catch (thrown) {
    return { states: [], failure: { thrown } };
  }
}

async function firstOf(
  arriving: Promise<Arrival>,
  committing: Promise<unknown> | undefined,
  dueInMs: number | undefined,
): Promise<Arrival | 'committed' | 'due'> {
  let timer: NodeJS.Timeout | undefined;
  const others: Promise<'committed' | 'due'>[] = [];
  if (committing !== undefined) others.push(committing.then(() => 'committed'));
  if (dueInMs !== undefined) {
    others.push(
      new Promise((resolve) => {
        timer = setTimeout(resolve, Math.max(0, dueInMs), 'due');
      }),
    );
  }
  try {
    return await Promise.race([arriving, ...others]);
  } finally {
    clearTimeout(timer);
  }
}

/** What waits: states by when they may be committed, and what the source has declared complete. */
function openAccount({ gathering, replaced }: LoadFlowOptions) {
  let waiting: StateMessage[] = [];
  let held: StateMessage[] = [];
  let isFirst = true;
  let sinceMs: number | undefined;
  const declared = new Set<StreamKey>();
  const completed = new Set<StreamKey>();

  function takeState(message: StateMessage): void {
    const stream = streamOfState(message.state);
    gathering.cover(stream);
    if (stream !== undefined && replaced.has(stream)) held.push(message);
    else waiting.push(message);
    sinceMs ??= performance.now();
  }

  const isComplete = ({ state }: StateMessage) => {
    const stream = streamOfState(state);
    return stream !== undefined && completed.has(stream);
  };

  return {
    async take(items: readonly FlowItem[]): Promise<void> {
      for (const item of items) {
        if (item.type === 'RECORDS') await gathering.add(item);
        else if (item.type === 'STATE') takeState(item);
        else if (item.type === 'TRACE' && item.trace.type === 'STREAM_STATUS') {
          const { stream_descriptor, status } = item.trace.stream_status;
          if (status === 'COMPLETE') declared.add(streamKey(stream_descriptor));
        }
      }
    },
    /** The input has ended well: what no state speaks for is there for good as well. */
    complete(): void {
      for (const key of declared) {
        gathering.cover(key);
        completed.add(key);
      }
      waiting = [...waiting, ...held.filter(isComplete)];
      held = [];
    },
    async portion(): Promise<Portion> {
      const states = waiting;
      waiting = [];
      sinceMs = undefined;
      isFirst = false;
      return { gathered: await gathering.take(), states, completed };
    },
    /**
     * Whether to begin a portion while none is being committed: the engine need not wait for a whole one, least of all
     * for the first, before which it has nothing to do.
     */
    isDue({ bytes, ms }: FlushPolicy): boolean {
      if (sinceMs === undefined) return false;
      return gathering.coveredBytes >= bytes / (isFirst ? 8 : 2) || performance.now() - sinceMs >= ms;
    },
    dueInMs({ ms }: FlushPolicy): number | undefined {
      return sinceMs === undefined ? undefined : sinceMs + ms - performance.now();
    },
  };
}
