import { z } from 'zod';
import { InputError, StateDamagedError } from '../errors.ts';
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
import { cacheTable, haveCacheTables, insertRows, labelOfKey } from './cache-tables.ts';
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

/** Notes what a stream's table now looks like, and whose it is. */
export async function saveStream(
  session: Queries,
  schema: string,
  {
    configured,
    table,
    tablePrefix,
    source,
    connection,
  }: {
    readonly configured: ConfiguredStream;
    readonly table: StreamTable;
    readonly tablePrefix: string;
    readonly source: string;
    readonly connection: string;
  },
): Promise<void> {
  const streams = cacheTable(schema, '_sluice_streams');
  const definition = stringifyLossless({
    table,
    tablePrefix,
    jsonSchema: configured.stream.json_schema,
    syncMode: configured.sync_mode,
    destinationSyncMode: configured.destination_sync_mode,
  });
  const now = new Date().toISOString();
  await session.run(sql`delete from ${streams} where table_name = ${table.name}`);
  await insertRows(session, streams, [
    [table.name, streamKey(configured.stream), source, connection, definition, now],
  ]);
}

/** Drops a stream's table and forgets the stream; run it in a transaction. */
export async function dropStream(session: Queries, schema: string, { table }: CachedStream): Promise<void> {
  await session.run(sql`drop table if exists ${ident(table.schema, table.name)}`);
  await session.run(
    sql`delete from ${cacheTable(schema, '_sluice_streams')} where table_name = ${table.name}`,
  );
  await dropMarks(session, schema, [table.name]);
}

/** Refuses a table that another source fills, or that is none of ours. */
export function refuseForeign(
  planned: ReadonlyMap<StreamKey, StreamTable>,
  {
    source,
    cached,
    present,
  }: {
    readonly source: string;
    readonly cached: readonly CachedStream[];
    readonly present: readonly string[];
  },
): void {
  const owners = new Map(cached.map((stream) => [stream.table.name, stream]));
  const there = new Set(present);
  for (const [key, { name }] of planned) {
    const owner = owners.get(name);
    const label = labelOfKey(key);
    if (owner === undefined && there.has(name)) {
      throw new InputError(`table ${name} is there already, and it is not one of Sluice's`, {
        guidance: `Rename or drop it, or give the cache a tablePrefix or another schemaName, so that stream ${label} gets a table of its own.`,
        context: { table: name, stream: label },
      });
    }
    if (owner === undefined || (owner.source === source && owner.stream === key)) continue;
    const whose =
      owner.source === source ? `stream ${owner.label}` : `${owner.source} (stream ${owner.label})`;
    throw new InputError(`table ${name} is filled by ${whose} already, so ${source} cannot fill it as well`, {
      guidance: 'Give the cache a tablePrefix for one of the two.',
      context: { table: name, stream: label, source, filledBy: owner.source },
    });
  }
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
