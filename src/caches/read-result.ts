import type { WriteResult } from '../protocol/result.ts';
import type { Sql } from '../sql/sql.ts';
import { type Cache, unknownStream } from './cache.ts';
import type { Dataset } from './dataset.ts';
import type { RowSet } from './row-set.ts';

/** What a read has brought into a cache. */
export interface ReadResult {
  /** Where the rows rest. */
  readonly cache: Cache;
  /** The streams that were read, by label, with all rows that their tables hold: `result.streams.users`. */
  readonly streams: Readonly<Record<string, Dataset>>;
  /** The same, with an error that lists the streams where there is none of that label. */
  dataset(stream: string): Dataset;
  /** The rows that a statement finds in the cache. */
  query(statement: Sql): RowSet;
  /** What this read has done: records, states, warnings. */
  readonly summary: WriteResult;
}

/** The streams of a read that has ended well. */
export async function readResult(cache: Cache, summary: WriteResult): Promise<ReadResult> {
  const all = await cache.datasets();
  const labels = Object.keys(summary.streams);
  const streams = Object.fromEntries(
    labels.flatMap((label) => {
      const dataset = all.get(label);
      return dataset === undefined ? [] : [[label, dataset]];
    }),
  );
  return {
    cache,
    streams,
    summary,
    query: (statement) => cache.query(statement),
    dataset(stream) {
      const found = Object.hasOwn(streams, stream) ? streams[stream] : undefined;
      if (found !== undefined) return found;
      throw unknownStream(cache.name, stream, labels);
    },
  };
}
