import { createRequire } from 'node:module';
import type * as DuckDb from '@duckdb/node-api';

/** DuckDB's library. */
export interface DuckDbLibrary {
  readonly api: typeof DuckDb;
  /** Reads values of the library's so that texts come as they are. */
  readonly exactly: <T>(read: () => T) => T;
}

/**
 * Loads the library, which is heavy. Its decoder takes a U+FEFF at the head of a text for a mark of the byte order and
 * drops it, without a way to tell it otherwise. So it has another one, for as long as we read: nobody else's values are
 * touched, for reading is synchronous.
 */
export async function duckDbLibrary(): Promise<DuckDbLibrary> {
  const api = await import('@duckdb/node-api');
  // Not by an import: what that gives of such a file differs by who loads it, Node itself or tsx.
  const require = createRequire(import.meta.url);
  const decoding: { textDecoder: unknown } = require('@duckdb/node-api/lib/vectors/dataAccessors.js');
  const exact = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    api,
    exactly(read) {
      const before = decoding.textDecoder;
      decoding.textDecoder = exact;
      try {
        return read();
      } finally {
        decoding.textDecoder = before;
      }
    },
  };
}
