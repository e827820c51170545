import { z } from 'zod';
import { StateDamagedError } from '../errors.ts';
import {
  type ConfiguredStream,
  destinationSyncModes,
  type StreamKey,
  streamKey,
  syncModes,
} from '../protocol/catalog.ts';
import { parseLossless, stringifyLossless } from '../protocol/lossless-json.ts';
import { type ColumnType, jsonSchemaOf } from '../sql/column-type.ts';
import type { Queries } from '../sql/driver.ts';
import { ident, sql } from '../sql/sql.ts';
import type { StreamTable } from '../sql/stream-table.ts';
import { cacheTable, haveCacheTables, insertRows, labelOfKey, list } from './cache-tables.ts';
import { dropMarks } from './table-marks.ts';

/** A stream that rests in a cache: where, whose, and what it looks like. */
export interface CachedStream {
  readonly stream: StreamKey;
  readonly label: string;
  /** The source that fills the table. */
  readonly source: string;
  readonly connection: string;
  readonly table: StreamTable;
  /** The prefix of the cache that made the table. */
  readonly tablePrefix: string;
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  readonly syncMode: ConfiguredStream['sync_mode'];
  readonly destinationSyncMode: ConfiguredStream['destination_sync_mode'];
  /** When its last sync began, as an ISO time. */
  readonly syncedAt: string;
}

/** The streams of a cache, by label. */
export async function readStreams(session: Queries, schema: string): Promise<readonly CachedStream[]> {
  if (!(await haveCacheTables(session, schema))) return [];
  const rows = await session.query(sql`
    select stream, source, connection, definition, synced_at from ${cacheTable(schema, '_sluice_streams')}
  `);
  const streams = rows.map((row) => {
    const stream = String(row['stream']) as StreamKey;
    return {
      stream,
      label: labelOfKey(stream),
      source: String(row['source']),
      connection: String(row['connection']),
      syncedAt: String(row['synced_at']),
      ...definitionOf(String(row['definition']), labelOfKey(stream)),
    };
  });
  return streams.toSorted((a, b) => (a.label < b.label ? -1 : 1));
}

/** A stream as it is to be noted: what its table looks like, and whose it is. */
export interface StreamNote {
  readonly configured: ConfiguredStream;
  readonly table: StreamTable;
  readonly tablePrefix: string;
  readonly source: string;
  readonly connection: string;
}

/** Notes what streams' tables now look like, by few statements however many there are. */
export async function saveStreams(
  session: Queries,
  schema: string,
  notes: readonly StreamNote[],
): Promise<void> {
  if (notes.length === 0) return;
  const streams = cacheTable(schema, '_sluice_streams');
  const now = new Date().toISOString();
  await session.run(
    sql`delete from ${streams} where table_name in (${list(notes.map(({ table }) => table.name))})`,
  );
  await insertRows(
    session,
    streams,
    notes.map((note) => [
      note.table.name,
      streamKey(note.configured.stream),
      note.source,
      note.connection,
      definitionText(note),
      now,
    ]),
  );
}

function definitionText({ configured, table, tablePrefix }: StreamNote): string {
  return stringifyLossless({
    table,
    tablePrefix,
    jsonSchema: configured.stream.json_schema,
    syncMode: configured.sync_mode,
    destinationSyncMode: configured.destination_sync_mode,
  });
}

/** Drops a stream's table and forgets the stream; run it in a transaction. */
export async function dropStream(session: Queries, schema: string, { table }: CachedStream): Promise<void> {
  await session.run(sql`drop table if exists ${ident(table.schema, table.name)}`);
  await session.run(
    sql`delete from ${cacheTable(schema, '_sluice_streams')} where table_name = ${table.name}`,
  );
  await dropMarks(session, schema, [table.name]);
}

const typeSchema = z.custom<ColumnType>(isColumnType);
const pathSchema = z.object({ column: z.string(), path: z.array(z.string()), type: typeSchema });
const rangeSchema = z.object({ after: z.number(), upTo: z.number() });
const columnSchema = z.object({
  field: z.string(),
  name: z.string(),
  type: typeSchema,
  absentIn: z.array(rangeSchema).optional(),
});
const definitionSchema = z.object({
  table: z.object({
    schema: z.string(),
    name: z.string(),
    columns: z.array(columnSchema),
    primaryKey: z.array(pathSchema),
    cursor: pathSchema.optional(),
  }),
  tablePrefix: z.string(),
  jsonSchema: z.record(z.string(), z.unknown()),
  syncMode: z.enum(syncModes),
  destinationSyncMode: z.enum(destinationSyncModes),
});

function isColumnType(value: unknown): boolean {
  return typeof value === 'string' && jsonSchemaOf(value as ColumnType) !== undefined;
}

function definitionOf(
  text: string,
  label: string,
): Pick<CachedStream, 'table' | 'tablePrefix' | 'jsonSchema' | 'syncMode' | 'destinationSyncMode'> {
  const { data, error } = definitionSchema.safeParse(parseLossless(text));
  if (data !== undefined) return { ...data, table: { ...data.table, cursor: data.table.cursor } };
  throw new StateDamagedError(`${label}: what the cache keeps of this stream is damaged`, {
    guidance: `Drop the stream from the cache and read it again.`,
    context: { stream: label },
    cause: error,
  });
}
