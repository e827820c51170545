import { type Cache, noStreams } from '../caches/cache.ts';
import { getDefaultCache } from '../caches/default-cache.ts';
import type { ReadResult } from '../caches/read-result.ts';
import { InputError } from '../errors.ts';
import { hasMethods } from '../protocol/has-methods.ts';
import type { WriteResult } from '../protocol/result.ts';
import { originOf } from './cache-ends.ts';
import { notASource } from './refuse-other-sources.ts';
import { isSource } from './source.ts';
import { writeThroughCache } from './two-legs.ts';
import { type Origin, type Target, writeSource } from './write.ts';
import { isCache, type WriteOptions } from './write-options.ts';

/** Writes a source, straight or by way of a cache; a cache; or the streams of a read result from its cache. */
export async function writeAny(
  source: Origin | ReadResult | Cache,
  destination: Target,
  options: WriteOptions,
): Promise<WriteResult> {
  const { cache = false } = options;
  if (isSource(source)) {
    if (cache === false) return writeSource(source, destination, options);
    if (cache !== true && !isCache(cache)) return writeSource(source, destination, options);
    return writeThroughCache(source, destination, cache === true ? getDefaultCache() : cache, options);
  }
  const from = isReadResult(source) ? source.cache : isCache(source) ? source : undefined;
  if (from === undefined) throw notASource(source);
  if (cache !== false) throw hasItsCache(source, destination);
  const streams = isReadResult(source) ? Object.keys(source.streams) : undefined;
  if ((await from.streams()).length === 0) throw noStreams(from.name);
  await using _ = await from.origin.hold();
  return await writeSource(originOf(from, streams), destination, options);
}

function isReadResult(value: unknown): value is ReadResult {
  if (typeof value !== 'object' || value === null || !hasMethods(value, ['dataset', 'query'])) return false;
  return 'cache' in value && isCache(value.cache) && 'streams' in value;
}

function hasItsCache(source: unknown, { name }: Target): InputError {
  const what = isReadResult(source) ? 'a read result has its cache' : 'what is written is a cache already';
  return new InputError(`write to ${name}: ${what}, so "cache" cannot be given`, {
    guidance: 'Leave it out. Where the state is to be kept can be said by stateCache.',
  });
}
