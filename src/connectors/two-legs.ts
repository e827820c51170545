import type { Cache } from '../caches/cache.ts';
import { SluiceError } from '../errors.ts';
import { configureCatalog } from '../protocol/configure-catalog.ts';
import type { StreamResult, WriteResult } from '../protocol/result.ts';
import { originOf, targetOf } from './cache-ends.ts';
import { type Origin, type Target, writeSource } from './write.ts';
import { checkWriteOptions, type WriteOptions } from './write-options.ts';

/**
 * Reads what is new in a source into a cache, and sends on what the destination has not had of those streams. Each leg
 * keeps its own state, so that an error in the second leaves what the first has done.
 */
export async function writeThroughCache(
  source: Origin,
  destination: Target,
  cache: Cache,
  { cache: _cache, stateCache, ...options }: WriteOptions,
): Promise<WriteResult> {
  checkWriteOptions(
    { ...options, stateCache },
    { source: source.name, destination: destination.name, states: cache },
  );
  await refuseEarly(source, destination, options);
  await using _ = await cache.origin.hold();
  const read = await inBoth(
    () => writeSource(source, targetOf(cache), options),
    (result) => bothLegs(result, undefined),
  );
  const {
    streams: _streams,
    forceFullRefresh: _force,
    connection,
    recountStates: _recount,
    ...rest
  } = options;
  return await inBoth(
    async () => {
      const sent = await writeSource(originOf(cache, Object.keys(read.streams)), destination, {
        ...rest,
        ...(stateCache === undefined ? {} : { stateCache }),
        ...(connection === undefined ? {} : { connection: secondConnection(connection, destination) }),
      });
      return bothLegs(read, sent);
    },
    (result) => bothLegs(read, result),
  );
}

/** What the destination would refuse is refused before the source is read for hours. */
async function refuseEarly(
  source: Origin,
  destination: Target,
  { signal, streams, writeStrategy, forceFullRefresh }: WriteOptions,
): Promise<void> {
  const call = signal === undefined ? {} : { signal };
  await source.validateConfig(call);
  await destination.validateConfig(call);
  const { supported_destination_sync_modes } = await destination.knownSpec(call);
  configureCatalog(await source.discover(call), {
    ...source.catalogOptions(),
    ...(streams === undefined ? {} : { streams }),
    writeStrategy,
    forceFullRefresh,
    supportedDestinationSyncModes: supported_destination_sync_modes ?? [],
    destinationName: destination.name,
  });
}

/** Two destinations can be fed from one read of one name. */
function secondConnection(connection: string, { name }: Target): string {
  return `${connection}-${name.replaceAll(/[^\w.-]+/g, '-')}`;
}

/** An error carries what both legs have done by then. */
async function inBoth(
  leg: () => Promise<WriteResult>,
  combined: (result: WriteResult) => WriteResult,
): Promise<WriteResult> {
  try {
    return await leg();
  } catch (error) {
    if (error instanceof SluiceError && error.result !== undefined) error.result = combined(error.result);
    throw error;
  }
}

/** Read is what came from the source; confirmed and rejected are what the destination said. */
function bothLegs(read: WriteResult, sent: WriteResult | undefined): WriteResult {
  const labels = new Set([...Object.keys(read.streams), ...Object.keys(sent?.streams ?? {})]);
  const streams = [...labels].flatMap((label) => {
    const both = bothStreams(read.streams[label], sent?.streams[label]);
    return both === undefined ? [] : [[label, both] as const];
  });
  return {
    connection: sent?.connection ?? read.connection,
    records: {
      read: read.records.read,
      confirmed: sent?.records.confirmed ?? 0,
      rejected: sent?.records.rejected ?? 0,
    },
    streams: Object.fromEntries(streams),
    bytes: sent?.bytes ?? 0,
    durationMs: read.durationMs + (sent?.durationMs ?? 0),
    attempts: Math.max(read.attempts, sent?.attempts ?? 0),
    states: read.states + (sent?.states ?? 0),
    warnings: [...read.warnings, ...(sent?.warnings ?? [])],
  };
}

function bothStreams(
  read: StreamResult | undefined,
  sent: StreamResult | undefined,
): StreamResult | undefined {
  const known = sent ?? read;
  if (known === undefined) return undefined;
  return {
    read: read?.read ?? 0,
    confirmed: sent?.confirmed ?? 0,
    rejected: sent?.rejected ?? 0,
    bytes: sent?.bytes ?? 0,
    status: read?.status === 'complete' && sent?.status === 'complete' ? 'complete' : 'incomplete',
    syncMode: read?.syncMode ?? known.syncMode,
    destinationSyncMode: known.destinationSyncMode,
  };
}
