import { StateDamagedError } from '../errors.ts';
import { type StreamKey, streamLabel, streamOfKey } from '../protocol/catalog.ts';
import type { Queries } from '../sql/driver.ts';
import { makeSchema, takeTurns } from '../sql/land.ts';
import { ident, join, raw, type Sql, type SqlParameter, sql } from '../sql/sql.ts';

/** Sluice's own tables in a cache, beside those of the streams. */
export type CacheTable = keyof typeof tables;

/** Columns by table; `integer` columns are 64 bits wide, all others are text. */
const tables = {
  _sluice_format: ['version integer'],
  _sluice_connections: ['connection', 'ends', 'sync_id integer', 'saved_at'],
  _sluice_generations: ['connection', 'stream', 'generation_id integer'],
  _sluice_states: ['connection', 'stream', 'state'],
  _sluice_streams: ['table_name', 'stream', 'source', 'connection', 'definition', 'synced_at'],
} as const;

const formatVersion = 1;

/** The name of one of our tables, for use in a statement. */
export function cacheTable(schema: string, table: CacheTable): Sql {
  return ident(schema, table);
}

/** Whether Sluice has kept anything in this schema. Refuses what a newer version has written. */
export async function haveCacheTables(session: Queries, schema: string): Promise<boolean> {
  const present = await session.tables(schema);
  if (!present.includes('_sluice_format')) return false;
  const [format] = await session.query(sql`select version from ${cacheTable(schema, '_sluice_format')}`);
  const version = Number(format?.['version'] ?? formatVersion);
  if (version <= formatVersion) return true;
  throw new StateDamagedError(
    `${schema} was written by a newer Sluice (version ${version} of its format, this one reads ${formatVersion})`,
    { guidance: 'Update Sluice, or use another database or schema.', context: { schema, version } },
  );
}

/** Makes our tables where they are missing; run it in a transaction. */
export async function makeCacheTables(session: Queries, schema: string): Promise<void> {
  if (await haveCacheTables(session, schema)) return;
  await takeTurns(session, schema);
  // Another process may just have made them.
  if (await haveCacheTables(session, schema)) return;
  await makeSchema(session, schema);
  for (const [table, columns] of Object.entries(tables)) {
    const { text, integer } = session.dialect.meta;
    const definitions = columns.map((column) => {
      const [name = '', type] = column.split(' ');
      return sql`${ident(name)} ${raw(type === 'integer' ? integer : text)}`;
    });
    await session.run(sql`create table ${ident(schema, table)} (${join(definitions)})`);
  }
  await session.run(sql`insert into ${cacheTable(schema, '_sluice_format')} values (${formatVersion})`);
}

/** Inserts many rows by few statements. */
export async function insertRows(
  session: Queries,
  table: Sql,
  rows: readonly (readonly SqlParameter[])[],
): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsAtOnce) {
    const values = rows.slice(start, start + rowsAtOnce).map((row) => sql`(${list(row)})`);
    await session.run(sql`insert into ${table} values ${join(values)}`);
  }
}

/** Values with commas between, each a parameter. */
export function list(values: readonly SqlParameter[]): Sql {
  return join(values.map((value) => sql`${value}`));
}

/** How a stream's key is written for people. */
export function labelOfKey(key: StreamKey): string {
  return streamLabel(streamOfKey(key));
}

/** Few enough for the number of parameters that any engine takes. */
const rowsAtOnce = 500;
