import { type Catalog, type FieldPath, type Stream, streamOfKey } from '../protocol/catalog.ts';
import type { ColumnPath, StreamTable } from '../sql/stream-table.ts';
import type { CachedStream } from './cache-streams.ts';

/** The streams of a cache as a source would tell them: names, schemas, keys and cursors are the source's own. */
export function catalogOf(streams: readonly CachedStream[]): Catalog {
  return { streams: streams.map(streamIn) };
}

/**
 * Rows are known by their position, so that a stream can be read incrementally whatever its cursor. One that is put in
 * the place of the old each time, and has no key to merge by, is read as a whole.
 */
function streamIn({ stream, table, jsonSchema, destinationSyncMode }: CachedStream): Stream {
  const { name, namespace } = streamOfKey(stream);
  const primaryKey = table.primaryKey.map((path) => fieldPathOf(table, path));
  const isWhole = destinationSyncMode === 'overwrite' && primaryKey.length === 0;
  return {
    name,
    ...(namespace === null ? {} : { namespace }),
    json_schema: jsonSchema,
    supported_sync_modes: isWhole ? ['full_refresh'] : ['full_refresh', 'incremental'],
    ...(isWhole ? {} : { source_defined_cursor: true }),
    ...(table.cursor === undefined ? {} : { default_cursor_field: [...fieldPathOf(table, table.cursor)] }),
    ...(primaryKey.length === 0 ? {} : { source_defined_primary_key: primaryKey.map((path) => [...path]) }),
  };
}

function fieldPathOf({ columns }: StreamTable, { column, path }: ColumnPath): FieldPath {
  const field = columns.find(({ name }) => name === column)?.field ?? column;
  return [field, ...path];
}
