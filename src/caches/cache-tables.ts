import { randomUUID } from 'node:crypto';
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
  _sluice_cache: ['id'],
  _sluice_tables: ['table_name', 'table_id', 'last_position integer', 'forgotten integer'],
  _sluice_readers: ['connection', 'stream', 'table_id', 'position integer'],
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
  if (version <= formatVersion) {
    refuseLost(present, schema);
    return true;
  }
  throw new StateDamagedError(
    `${schema} was written by a newer Sluice (version ${version} of its format, this one reads ${formatVersion})`,
    { guidance: 'Update Sluice, or use another database or schema.', context: { schema, version } },
  );
}

/** They are made at one time, so whoever lacks one of these has lost it. */
const madeAtOnce = [
  '_sluice_connections',
  '_sluice_generations',
  '_sluice_states',
  '_sluice_streams',
] as const;

function refuseLost(present: readonly string[], schema: string): void {
  const lost = madeAtOnce.filter((table) => !present.includes(table));
  if (lost.length === 0) return;
  throw new StateDamagedError(
    `${schema} has lost ${lost.join(' and ')}, where Sluice kept its account of it`,
    {
      guidance: 'Restore the database from a copy, or begin anew in another one.',
      context: { schema, lost },
    },
  );
}

/** Makes our tables where they are missing; run it in a transaction. */
export async function makeCacheTables(session: Queries, schema: string): Promise<void> {
  if ((await missingTables(session, schema)).length === 0) return;
  await takeTurns(session, schema);
  // Another process may just have made them.
  const missing = await missingTables(session, schema);
  if (missing.length === 0) return;
  await makeSchema(session, schema);
  for (const [table, columns] of missing) {
    const { text, integer } = session.dialect.meta;
    const definitions = columns.map((column) => {
      const [name = '', type] = column.split(' ');
      return sql`${ident(name)} ${raw(type === 'integer' ? integer : text)}`;
    });
    await session.run(sql`create table ${ident(schema, table)} (${join(definitions)})`);
  }
  const made = new Set(missing.map(([table]) => table));
  if (made.has('_sluice_format')) {
    await insertRows(session, cacheTable(schema, '_sluice_format'), [[formatVersion]]);
  }
  if (made.has('_sluice_cache')) {
    await insertRows(session, cacheTable(schema, '_sluice_cache'), [[randomUUID()]]);
  }
}

async function missingTables(session: Queries, schema: string) {
  // Refuses what a newer version has written, before anything is made beside it.
  await haveCacheTables(session, schema);
  const present = new Set(await session.tables(schema));
  return Object.entries(tables).filter(([table]) => !present.has(table));
}

/** What tells this cache from all others, wherever its file is moved; undefined where nothing has been kept yet. */
export async function readCacheId(session: Queries, schema: string): Promise<string | undefined> {
  if (!(await session.tables(schema)).includes('_sluice_cache')) return undefined;
  const [row] = await session.query(sql`select id from ${cacheTable(schema, '_sluice_cache')}`);
  return typeof row?.['id'] === 'string' ? row['id'] : undefined;
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
