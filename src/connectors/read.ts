import type { Cache } from '../caches/cache.ts';
import { getDefaultCache } from '../caches/default-cache.ts';
import { type ReadResult, readResult } from '../caches/read-result.ts';
import { InputError } from '../errors.ts';
import { targetOf } from './cache-ends.ts';
import { type Origin, writeSource } from './write.ts';
import { checkReadOptions, isCache, type WriteOptions } from './write-options.ts';

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
  checkReadOptions(options, { source: source.name, cache: cache.name });
  return readResult(cache, await writeSource(source, targetOf(cache), options));
}

function refuseOtherCaches(cache: unknown): void {
  if (isCache(cache)) return;
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
