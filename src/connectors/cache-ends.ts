import type { Cache } from '../caches/cache.ts';
import { staleStreams } from '../caches/cache-reader.ts';
import { type PositionState, positionsIn } from '../caches/position-state.ts';
import { type ConfiguredStream, type StreamKey, streamKey, streamLabel } from '../protocol/catalog.ts';
import type { Configured } from '../protocol/configure-catalog.ts';
import type { Warning } from '../protocol/result.ts';
import type { StreamSelection } from '../protocol/select-streams.ts';
import type { Origin, Resuming, Target } from './write.ts';

/** A cache as something to write to: it needs no config, and can write in every way. */
export function targetOf(cache: Cache): Target {
  return {
    name: cache.name,
    states: cache.states,
    options: {},
    load: (catalog, input, run) => cache.load(catalog, input, run),
    spec: async () => ({
      connectionSpecification: {},
      supported_destination_sync_modes: ['append', 'append_dedup', 'overwrite'],
    }),
    validateConfig: async () => {},
    connectionEnd: async () => cache.connectionEnd(),
  };
}

/** A cache as something to send on, all of it or some streams; how far that has come is kept in it. */
export function originOf(cache: Cache, streams?: StreamSelection): Origin {
  return {
    name: cache.name,
    states: cache.states,
    options: {},
    discover: () => cache.discover(),
    extract: (catalog, states, run) => cache.extract(catalog, states, run),
    spec: async () => ({ connectionSpecification: {} }),
    validateConfig: async () => {},
    connectionEnd: () => cache.origin.end(),
    catalogOptions: () => ({ sourceName: cache.name, streams }),
    resume: async (configured, resuming) => resume(configured, await cache.origin.positions(), resuming),
  };
}

/**
 * A table that was dropped and filled anew, or is older than what was sent, starts anew. One that is to be replaced in
 * the destination, and of which the destination has all, is not sent again: that is, nothing is added to it.
 */
function resume(
  { catalog, restarted, warnings }: Configured,
  tables: ReadonlyMap<StreamKey, PositionState>,
  { states, destination, forceFullRefresh, supportedDestinationSyncModes: supported }: Resuming,
): Configured {
  const saved = positionsIn(states.map(({ state }) => state));
  const stale = staleStreams(saved, tables);
  const canAppend = supported.length === 0 || supported.includes('append');
  const isThere = (configured: ConfiguredStream): boolean => {
    const key = streamKey(configured.stream);
    const isReplaced = configured.destination_sync_mode === 'overwrite';
    return isReplaced && isSame(saved.get(key), tables.get(key));
  };
  const streams = catalog.streams.map((configured): ConfiguredStream => {
    if (forceFullRefresh || !canAppend || !isThere(configured)) return configured;
    return { ...configured, sync_mode: 'incremental', destination_sync_mode: 'append' };
  });
  const again = streams.filter(
    ({ stream, sync_mode }) => sync_mode === 'incremental' && stale.has(streamKey(stream)),
  );
  return {
    catalog: { streams },
    restarted: new Set([...restarted, ...again.map(({ stream }) => streamKey(stream))]),
    warnings: [...warnings, ...again.map((one) => restartWarning(one, destination))],
  };
}

function isSame(saved: PositionState | undefined, now: PositionState | undefined): boolean {
  return saved !== undefined && saved.table === now?.table && saved.position === now.position;
}

function restartWarning({ stream }: ConfiguredStream, destination: string): Warning {
  const label = streamLabel(stream);
  return {
    code: 'stream_restarted',
    message: `${label}: its table in the cache is not the one that ${destination} had rows of, so all of it is sent`,
    stream: label,
  };
}
