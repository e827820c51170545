import { streamKey } from '../../src/protocol/catalog.ts';
import type { ConnectionState, Generation, StateStore } from '../../src/protocol/flow.ts';
import { mergeStates, type State, withoutStreams } from '../../src/protocol/state.ts';

/** A store in memory that shows what was committed, and when. */
export function memoryStore(saved: readonly State[] = []): StateStore & {
  /** What a next run would be offered. */
  readonly saved: readonly State[];
  /** Each commit, with the contents of its states. */
  readonly commits: readonly (readonly unknown[])[];
  failNext(error: unknown): void;
} {
  let current = saved;
  let syncId = 0;
  let failure: { readonly error: unknown } | undefined;
  const commits: unknown[][] = [];
  const ids = new Map<string, number>();
  return {
    get saved() {
      return current;
    },
    commits,
    failNext(error) {
      failure = { error };
    },
    async open(): Promise<ConnectionState> {
      let isOpen = true;
      return {
        warnings: [],
        get states() {
          return current.map((state) => ({ type: 'STATE' as const, state }));
        },
        async begin(streams) {
          syncId += 1;
          const restarted = new Set(
            streams
              .filter(({ sync_mode }) => sync_mode === 'full_refresh')
              .map(({ stream }) => streamKey(stream)),
          );
          current = withoutStreams(current, { restarted, streams: streams.length });
          const generations = streams.map(({ stream, destination_sync_mode }) => {
            const key = streamKey(stream);
            const id = (ids.get(key) ?? (restarted.has(key) ? 0 : 1)) + (restarted.has(key) ? 1 : 0);
            ids.set(key, id);
            const generation: Generation = { id, minimum: destination_sync_mode === 'overwrite' ? id : 0 };
            return [key, generation] as const;
          });
          return { syncId, generations: new Map(generations) };
        },
        async commit(states) {
          if (!isOpen) throw new Error('the connection has been given back');
          if (failure !== undefined) {
            const { error } = failure;
            failure = undefined;
            throw error;
          }
          const payloads = states.map(({ state }) => state);
          commits.push(
            payloads.map(({ stream, global, data }) => stream?.stream_state ?? global?.shared_state ?? data),
          );
          current = mergeStates(current, payloads);
        },
        async [Symbol.asyncDispose]() {
          isOpen = false;
        },
      };
    },
  };
}
