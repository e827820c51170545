import { type StreamKey, streamKey } from '../protocol/catalog.ts';
import type { ConnectionState, StateStore } from '../protocol/flow.ts';

/**
 * A store that forgets the state of some streams as if they were read in full, because they are to come from their
 * beginning: their source can only read them incrementally, and without a state that means all rows.
 */
export function restarting(store: StateStore, streams: ReadonlySet<StreamKey>): StateStore {
  if (streams.size === 0) return store;
  return {
    async open(connection, ends) {
      const memory: ConnectionState = await store.open(connection, ends);
      return {
        get states() {
          return memory.states;
        },
        warnings: memory.warnings,
        begin: (configured) =>
          memory.begin(
            configured.map((one) =>
              streams.has(streamKey(one.stream)) ? { ...one, sync_mode: 'full_refresh' } : one,
            ),
          ),
        commit: (states) => memory.commit(states),
        [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose](),
      };
    },
  };
}
