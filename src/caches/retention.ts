import { InputError } from '../errors.ts';
import { type ConfiguredCatalog, type StreamKey, streamLabel } from '../protocol/catalog.ts';
import type { Driver, Queries } from '../sql/driver.ts';
import { isWithin } from '../sql/record-lines.ts';
import { ident, sql } from '../sql/sql.ts';
import { lastPosition, tableId } from './cache-reader.ts';
import { type CachedStream, readStreams } from './cache-streams.ts';
import { cacheTable, insertRows, list, makeCacheTables } from './cache-tables.ts';
import type { PositionState } from './position-state.ts';
import { readMarks, saveMark } from './table-marks.ts';

/**
 * What a cache keeps of rows that were sent on: `all`, or only what is `unconfirmed` by one of the destinations that
 * have taken the stream.
 */
export type Retention = 'all' | 'unconfirmed';
export const retentions = ['all', 'unconfirmed'] as const satisfies readonly Retention[];

/** How far a connection's destination has confirmed some streams. */
export interface Confirmed {
  readonly connection: string;
  readonly positions: ReadonlyMap<StreamKey, PositionState>;
}

/** Merging needs the rows that are there: where they are forgotten, a row would come back as a new one. */
export function refuseMerge({ streams }: ConfiguredCatalog, retention: Retention): void {
  const merged = streams.filter(({ destination_sync_mode }) => destination_sync_mode === 'append_dedup');
  if (retention === 'all' || merged.length === 0) return;
  const labels = merged.map(({ stream }) => streamLabel(stream));
  throw new InputError(
    `${labels.slice(0, 5).join(', ')}: a cache that forgets rows (retention "unconfirmed") cannot merge`,
    {
      guidance: 'Choose the write strategy append, or leave retention out.',
      context: { streams: labels },
    },
  );
}

/** Notes that a destination takes these streams, and how far it has them; run it in a transaction. */
export async function noteReader(
  session: Queries,
  schema: string,
  { connection, positions }: Confirmed,
): Promise<void> {
  if (positions.size === 0) return;
  await makeCacheTables(session, schema);
  const readers = cacheTable(schema, '_sluice_readers');
  const keys = list([...positions.keys()]);
  await session.run(sql`delete from ${readers} where connection = ${connection} and stream in (${keys})`);
  await insertRows(
    session,
    readers,
    [...positions].map(([stream, { table, position }]) => [connection, stream, table, position]),
  );
}

/** Forgets that a destination takes anything. Answers whether it was known. */
export async function forgetReader(session: Queries, schema: string, connection: string): Promise<boolean> {
  if (!(await session.tables(schema)).includes('_sluice_readers')) return false;
  const readers = cacheTable(schema, '_sluice_readers');
  return (await session.run(sql`delete from ${readers} where connection = ${connection}`)) > 0;
}

/**
 * Deletes the rows that every destination of their stream has confirmed. A destination that has had rows of another
 * table only, since dropped, has confirmed none of this one. Streams that are replaced do not grow, and stay.
 */
export async function forgetConfirmed(driver: Driver, schema: string, tablePrefix: string): Promise<void> {
  await driver.transaction(async (session) => {
    const marks = await readMarks(session, schema);
    const readers = await readReaders(session, schema);
    for (const stream of await readStreams(session, schema)) {
      if (stream.tablePrefix !== tablePrefix || stream.destinationSyncMode !== 'append') continue;
      const mark = marks.get(stream.table.name);
      const confirmed = confirmedByAll(readers.get(stream.stream), tableId(mark));
      if (mark === undefined || confirmed <= mark.forgotten) continue;
      const last = await lastPosition(session, stream.table, undefined);
      await deleteUpTo(session, stream, confirmed);
      const kept = { id: mark.id, lastPosition: Math.max(last, mark.lastPosition), forgotten: confirmed };
      await saveMark(session, schema, stream.table.name, kept);
    }
  });
}

async function deleteUpTo(session: Queries, { table }: CachedStream, upTo: number): Promise<void> {
  await session.run(
    sql`delete from ${ident(table.schema, table.name)} where ${isWithin({ after: 0, upTo })}`,
  );
}

function confirmedByAll(readers: readonly PositionState[] | undefined, table: string): number {
  if (readers === undefined) return 0;
  return Math.min(...readers.map((reader) => (reader.table === table ? reader.position : 0)));
}

async function readReaders(
  session: Queries,
  schema: string,
): Promise<ReadonlyMap<StreamKey, readonly PositionState[]>> {
  const rows = await session.query(
    sql`select stream, table_id, position from ${cacheTable(schema, '_sluice_readers')}`,
  );
  const readers = new Map<StreamKey, PositionState[]>();
  for (const row of rows) {
    const key = String(row['stream']) as StreamKey;
    const reader = { table: String(row['table_id']), position: Number(row['position']) };
    readers.set(key, [...(readers.get(key) ?? []), reader]);
  }
  return readers;
}
