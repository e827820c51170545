import type { Cache } from '../caches/cache.ts';
import { getDefaultCache } from '../caches/default-cache.ts';
import { type ReadResult, readResult } from '../caches/read-result.ts';
import { InputError } from '../errors.ts';
import { hasMethods } from '../protocol/has-methods.ts';
import { type Origin, type Target, type WriteOptions, writeSource } from './write.ts';

/** How a source is read into a cache. */
export type ReadOptions = Omit<WriteOptions, 'stateCache' | 'cache'>;

/** Reads what is new in a source into a cache. */
export async function readSource(
  source: Origin,
  givenCache: Cache | undefined,
  options: ReadOptions,
): Promise<ReadResult> {
  const cache = givenCache ?? getDefaultCache();
  refuseOtherCaches(cache);
  refuseElsewhere(options);
  return readResult(cache, await writeSource(source, targetOf(cache), options));
}

/** A cache as something to write to: it needs no config, and can write in every way. */
function targetOf(cache: Cache): Target {
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

function refuseOtherCaches(cache: unknown): void {
  if (hasMethods(cache, ['load', 'open', 'datasets', 'connectionEnd'])) return;
  throw new InputError('read takes a cache', {
    guidance:
      'Make one by new DuckDBCache({ dbPath }), new SQLiteCache({ dbPath }) or newLocalCache(name), or leave it out for the default one. Options come second: read(undefined, { streams }).',
  });
}

function refuseElsewhere(options: object): void {
  const option = ['stateCache', 'cache'].find((name) => name in options);
  if (option === undefined) return;
  throw new InputError(`read has no option "${option}"`, {
    guidance: 'The state of a read lies in the cache, beside the rows. The cache is the first argument.',
  });
}
