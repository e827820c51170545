import type { Cache } from '../caches/cache.ts';
import type { TablePosition } from '../caches/cache-origin.ts';
import { staleStreams } from '../caches/cache-reader.ts';
import { type PositionState, positionsIn } from '../caches/position-state.ts';
import { InputError } from '../errors.ts';
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
    knownSpec: async () => ({
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
    knownSpec: async () => ({ connectionSpecification: {} }),
    validateConfig: async () => {},
    connectionEnd: () => cache.origin.end(),
    catalogOptions: () => ({ sourceName: cache.name, streams }),
    async resume(configured, resuming) {
      const { connection, states } = resuming;
      const tables = await cache.origin.positions();
      const resumed = resume(configured, tables, resuming);
      if (states !== undefined) {
        const saved = positionsIn(states.map(({ state }) => state));
        const keys = resumed.catalog.streams.map(({ stream }) => streamKey(stream));
        const taken = keys.map((key) => [key, saved.get(key) ?? nothing] as const);
        await cache.origin.noteReader({ connection, positions: new Map(taken) });
      }
      return resumed;
    },
    async settle(connection, states) {
      const positions = positionsIn(states.map(({ state }) => state));
      await cache.origin.noteConfirmed({ connection, positions });
    },
  };
}

const nothing: PositionState = { table: '', position: 0 };

/**
 * A table that was dropped and filled anew, or is older than what was sent, starts anew. One that is to be replaced in
 * the destination, and of which the destination has all, is not sent again: that is, nothing is added to it.
 */
function resume(
  { catalog, restarted, warnings }: Configured,
  tables: ReadonlyMap<StreamKey, TablePosition>,
  { states = [], destination, forceFullRefresh, supportedDestinationSyncModes: supported }: Resuming,
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
  const lacking = streams.filter((configured) => {
    const key = streamKey(configured.stream);
    const { table = '', forgotten = 0 } = tables.get(key) ?? {};
    const from = forceFullRefresh ? undefined : saved.get(key);
    return forgotten > (from?.table === table ? from.position : 0);
  });
  for (const one of lacking) if (one.destination_sync_mode === 'overwrite') throw cannotReplace(one);
  return {
    catalog: { streams },
    restarted: new Set([...restarted, ...again.map(({ stream }) => streamKey(stream))]),
    warnings: [
      ...warnings,
      ...again.map((one) => restartWarning(one, destination)),
      ...lacking.map((one) => forgottenWarning(one, destination)),
    ],
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

function forgottenWarning({ stream }: ConfiguredStream, destination: string): Warning {
  const label = streamLabel(stream);
  return {
    code: 'rows_forgotten',
    message: `${label}: the cache has forgotten rows that ${destination} never had; what is left is sent`,
    stream: label,
  };
}

function cannotReplace({ stream }: ConfiguredStream): InputError {
  const label = streamLabel(stream);
  return new InputError(`${label}: the cache has forgotten rows, so what is left cannot replace the whole`, {
    guidance: 'Choose the write strategy append, or drop the stream from the cache and read it anew.',
    context: { stream: label },
  });
}
