import { type ConfiguredStream, type StreamKey, streamKey } from '../protocol/catalog.ts';
import type { Generation } from '../protocol/flow.ts';

/**
 * The generations of a sync that begins: a stream that is read in full starts a new one, and forgets its state; one
 * that is to be overwritten wants all older ones gone at a successful end.
 */
export function raiseGenerations(
  before: ReadonlyMap<StreamKey, number>,
  configured: readonly ConfiguredStream[],
): {
  readonly generations: ReadonlyMap<StreamKey, Generation>;
  readonly restarted: ReadonlySet<StreamKey>;
} {
  const generations = new Map<StreamKey, Generation>();
  const restarted = new Set<StreamKey>();
  for (const { stream, sync_mode, destination_sync_mode } of configured) {
    const key = streamKey(stream);
    const saved = before.get(key) ?? 0;
    const id = sync_mode === 'full_refresh' ? saved + 1 : Math.max(saved, 1);
    if (sync_mode === 'full_refresh') restarted.add(key);
    generations.set(key, { id, minimum: destination_sync_mode === 'overwrite' ? id : 0 });
  }
  return { generations, restarted };
}
