import { streamKey } from '../protocol/catalog.ts';
import type { ConnectionState } from '../protocol/flow.ts';

/** The memory of a connection that keeps none: its generations are the clock, so that they still grow. */
export function openStateless(): ConnectionState {
  return {
    states: [],
    warnings: [],
    async begin(streams) {
      const id = Date.now();
      const generations = streams.map(({ stream, destination_sync_mode }) => {
        const minimum = destination_sync_mode === 'overwrite' ? id : 0;
        return [streamKey(stream), { id, minimum }] as const;
      });
      return { syncId: id, generations: new Map(generations) };
    },
    async commit() {},
    async [Symbol.asyncDispose]() {},
  };
}
