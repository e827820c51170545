import type { StreamKey } from '../../protocol/catalog.ts';
import type { RecordBatch } from '../../protocol/flow.ts';
import type { StateMessage } from '../../protocol/messages.ts';
import { streamOfState } from '../../protocol/state.ts';

/** Counts what a destination has taken, so that each state it returns says how many records it stands for. */
export interface Receipt {
  take(batch: RecordBatch): void;
  /** The state to return, once all before it is durable. */
  confirm(message: StateMessage): StateMessage;
}

export function openReceipt(): Receipt {
  const counts = new Map<StreamKey, number>();

  /** A state of a stream stands for that stream's records since its last one, any other for all records. */
  function settle({ state }: StateMessage): number {
    const key = streamOfState(state);
    if (key !== undefined) {
      const count = counts.get(key) ?? 0;
      counts.delete(key);
      return count;
    }
    const count = [...counts.values()].reduce((sum, one) => sum + one, 0);
    counts.clear();
    return count;
  }

  return {
    take(batch) {
      for (const [stream, count] of batch.counts) counts.set(stream, (counts.get(stream) ?? 0) + count);
    },
    confirm(message) {
      return {
        type: 'STATE',
        state: { ...message.state, destinationStats: { recordCount: settle(message) } },
      };
    },
  };
}
