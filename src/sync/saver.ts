import type { StreamKey } from '../protocol/catalog.ts';
import type { StateMessage } from '../protocol/messages.ts';
import { streamOfState } from '../protocol/state.ts';
import type { Confirmation } from './ledger.ts';

/** Makes confirmed states durable: at most once a second, and at the end. */
export interface Saver {
  /** States made durable so far. */
  readonly saved: number;
  save(confirmations: Iterable<Confirmation>): Promise<void>;
  /** Saves what is left, whatever the end was. */
  close(end: { readonly isComplete: boolean }): Promise<void>;
}

interface SaverOptions {
  /** Absent where nobody keeps states. */
  readonly commit: ((states: readonly StateMessage[]) => Promise<void>) | undefined;
  /** Streams whose data appear only at a successful end: whatever state speaks of them is held until then. */
  readonly overwritten: ReadonlySet<StreamKey>;
  readonly onSaved: (saved: number, streams: readonly StreamKey[]) => void;
  /** Hears of a commit that failed between two confirmations. */
  readonly onFailure: (error: unknown) => void;
}

/** What waits to be committed: the newest state of each stream, and how many states it stands for. */
type Waiting = Map<StreamKey | undefined, { message: StateMessage; states: number }>;

export function openSaver({ commit, overwritten, onSaved, onFailure }: SaverOptions): Saver {
  const held: Waiting = new Map();
  let waiting: Waiting = new Map();
  let saved = 0;
  let lastCommitMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  function take({ message, states }: Confirmation): void {
    if (message === undefined || commit === undefined) return;
    const stream = streamOfState(message.state);
    // A shared state may speak of any stream, and a LEGACY one cannot be taken apart.
    const isHeld = stream === undefined ? overwritten.size > 0 : overwritten.has(stream);
    const place = isHeld ? held : waiting;
    const before = place.get(stream)?.states ?? 0;
    place.set(stream, { message, states: before + states });
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.catch(() => {}).then(write);
    return writing;
  }

  async function write(): Promise<void> {
    const batch = waiting;
    if (batch.size === 0 || commit === undefined) return;
    waiting = new Map();
    lastCommitMs = performance.now();
    try {
      await commit([...batch.values()].map(({ message }) => message));
    } catch (error) {
      // Kept for one more try at the end.
      for (const [stream, one] of batch) if (!waiting.has(stream)) waiting.set(stream, one);
      throw error;
    }
    for (const { states } of batch.values()) saved += states;
    onSaved(
      saved,
      [...batch.keys()].filter((key) => key !== undefined),
    );
  }

  return {
    get saved() {
      return saved;
    },
    async save(confirmations) {
      // Throws where one does not add up; what was taken before it is saved at the end.
      for (const confirmation of confirmations) take(confirmation);
      const dueInMs = lastCommitMs + everyMs - performance.now();
      if (dueInMs <= 0) await flush();
      else if (waiting.size > 0) timer ??= setTimeout(() => flush().catch(onFailure), dueInMs);
    },
    async close({ isComplete }) {
      if (isComplete) for (const [stream, one] of held) waiting.set(stream, one);
      await flush();
    },
  };
}

const everyMs = 1_000;
