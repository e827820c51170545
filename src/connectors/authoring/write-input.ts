import { type StreamKey, streamKey } from '../../protocol/catalog.ts';
import type { Flow, FlowItem, RecordBatch } from '../../protocol/flow.ts';
import type { Row, StateMessage } from '../../protocol/messages.ts';
import { streamOfState } from '../../protocol/state.ts';
import { openPuller } from './puller.ts';
import { openReceipt } from './receipt.ts';

interface Writing {
  readonly batchSize: number;
  readonly signal: AbortSignal;
  write(stream: StreamKey, rows: readonly Row[]): Promise<void>;
  /** All rows of a stream have come and been written. */
  complete(stream: StreamKey): Promise<void>;
}

/**
 * Writes what comes in batches of rows, and yields each state when all rows before it have been written: those of its
 * stream for a STREAM state, those of all streams for any other. Batches that do not fill are written after a moment.
 */
export async function* writeInput(
  input: Flow,
  writing: Writing,
): AsyncGenerator<readonly FlowItem[], void, undefined> {
  const puller = openPuller(input, longestWaitMs);
  const shelf = openShelf(writing);
  try {
    for (;;) {
      const step = await puller.next();
      if (step === 'due') {
        await shelf.clear();
      } else {
        if (step.done === true) break;
        for (const item of step.value) {
          if (item.type === 'RECORDS') await shelf.add(item);
          else if (item.type === 'STATE') shelf.addState(item);
          const completed = completedBy(item);
          if (completed === undefined) continue;
          await shelf.clear();
          await writing.complete(completed);
        }
      }
      const states = shelf.confirmed();
      if (states.length > 0) yield states;
      if (shelf.isEmpty()) puller.release();
      else puller.hold();
    }
  } catch (error) {
    // What came before the input failed was sent to be written; what failed to be written is not tried again.
    if (!writing.signal.aborted && !shelf.hasFailed()) {
      await shelf.clear();
      yield shelf.confirmed();
    }
    throw error;
  } finally {
    puller.leave();
  }
  await shelf.clear();
  yield shelf.confirmed();
}

const longestWaitMs = 200;

function completedBy(item: FlowItem): StreamKey | undefined {
  if (item.type !== 'TRACE' || item.trace.type !== 'STREAM_STATUS') return undefined;
  const { status, stream_descriptor } = item.trace.stream_status;
  return status === 'COMPLETE' ? streamKey(stream_descriptor) : undefined;
}

interface WaitingState {
  readonly message: StateMessage;
  /** How many rows of which streams must have been written before. */
  readonly after: ReadonlyMap<StreamKey, number>;
}

/** Rows and states that have come and are not yet written and confirmed. */
function openShelf({ batchSize, write }: Writing) {
  const rows = new Map<StreamKey, Row[]>();
  const taken = new Map<StreamKey, number>();
  const written = new Map<StreamKey, number>();
  const receipt = openReceipt();
  let states: WaitingState[] = [];
  let failed = false;

  const writeRows = async (stream: StreamKey, batch: readonly Row[]) => {
    // Before the call: who writes may empty the list.
    const { length } = batch;
    try {
      await write(stream, batch);
    } catch (error) {
      failed = true;
      throw error;
    }
    written.set(stream, (written.get(stream) ?? 0) + length);
  };
  const isReady = ({ after }: WaitingState) =>
    [...after].every(([stream, count]) => (written.get(stream) ?? 0) >= count);

  return {
    async add(batch: RecordBatch) {
      receipt.take(batch);
      for (const { record } of batch.records()) {
        const stream = streamKey({ name: record.stream, namespace: record.namespace });
        const held = rows.get(stream) ?? [];
        rows.set(stream, held);
        held.push(record.data);
        taken.set(stream, (taken.get(stream) ?? 0) + 1);
        if (held.length >= batchSize) {
          rows.delete(stream);
          await writeRows(stream, held);
        }
      }
    },
    addState(message: StateMessage) {
      const stream = streamOfState(message.state);
      const after = stream === undefined ? new Map(taken) : new Map([[stream, taken.get(stream) ?? 0]]);
      states.push({ message: receipt.confirm(message), after });
    },
    /** Writes all rows that are held. */
    async clear() {
      for (const [stream, held] of [...rows]) {
        rows.delete(stream);
        await writeRows(stream, held);
      }
    },
    /** The states whose rows have been written, in their order. */
    confirmed(): readonly StateMessage[] {
      const waiting = states.findIndex((state) => !isReady(state));
      const ready = waiting === -1 ? states : states.slice(0, waiting);
      states = states.slice(ready.length);
      return ready.map(({ message }) => message);
    },
    isEmpty: () => rows.size === 0 && states.length === 0,
    hasFailed: () => failed,
  };
}
