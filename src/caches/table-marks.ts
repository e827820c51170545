import { randomUUID } from 'node:crypto';
import type { Queries } from '../sql/driver.ts';
import { sql } from '../sql/sql.ts';
import { cacheTable, insertRows, list } from './cache-tables.ts';

/** What a cache knows of a stream's table beyond its rows. */
export interface TableMark {
  /** Another one when the table was replaced, or dropped and made anew: positions before mean nothing then. */
  readonly id: string;
  /** A position that was given once, though no row may bear it any more. */
  readonly lastPosition: number;
  /** Rows up to this position have been forgotten. */
  readonly forgotten: number;
}

/** The marks of a cache's tables, by table. */
export async function readMarks(session: Queries, schema: string): Promise<ReadonlyMap<string, TableMark>> {
  if (!(await session.tables(schema)).includes('_sluice_tables')) return new Map();
  const rows = await session.query(
    sql`select table_name, table_id, last_position, forgotten from ${cacheTable(schema, '_sluice_tables')}`,
  );
  return new Map(
    rows.map((row) => [
      String(row['table_name']),
      {
        id: String(row['table_id']),
        lastPosition: Number(row['last_position']),
        forgotten: Number(row['forgotten']),
      },
    ]),
  );
}

/** Notes that these tables are new, whatever stood in their place; run it in the transaction that makes them. */
export async function markNew(session: Queries, schema: string, tables: readonly string[]): Promise<void> {
  if (tables.length === 0) return;
  await dropMarks(session, schema, tables);
  await insertRows(
    session,
    cacheTable(schema, '_sluice_tables'),
    tables.map((table) => [table, randomUUID(), 0, 0]),
  );
}

/** Forgets tables that are gone. */
export async function dropMarks(session: Queries, schema: string, tables: readonly string[]): Promise<void> {
  await session.run(
    sql`delete from ${cacheTable(schema, '_sluice_tables')} where table_name in (${list(tables)})`,
  );
}
/** Notes how far a table's rows have been forgotten; run it in the transaction that deletes them. */
export async function saveMark(
  session: Queries,
  schema: string,
  table: string,
  { id, lastPosition, forgotten }: TableMark,
): Promise<void> {
  await dropMarks(session, schema, [table]);
  await insertRows(session, cacheTable(schema, '_sluice_tables'), [[table, id, lastPosition, forgotten]]);
}
