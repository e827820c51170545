import { createHash } from 'node:crypto';
import { type ColumnType, isTemporal } from '../column-type.ts';
import type { Dialect } from '../dialect.ts';
import { ident, join, raw, type Sql, sql } from '../sql.ts';
import { metaColumns, type StreamTable } from '../stream-table.ts';
import { jsonFunction, sqliteLines } from './record-lines.ts';

/**
 * SQLite. Its columns take any value; what their declared types say is how values are compared, and, to us, what they
 * are. JSON is text by its declared type, or SQLite would make the number 5 of the text `5`.
 */
export const sqliteDialect: Dialect = {
  name: 'SQLite',
  defaultSchema: 'main',
  identifierBytes: 255,
  foldsCase: true,
  transactionalDdl: true,
  holdsNul: true,
  types: {
    string: 'TEXT',
    boolean: 'BOOLEAN',
    date: 'DATE',
    timestamp_with_timezone: 'TIMESTAMP WITH TIME ZONE',
    timestamp_without_timezone: 'TIMESTAMP',
    time_with_timezone: 'TIME WITH TIME ZONE',
    time_without_timezone: 'TIME',
    integer: 'BIGINT',
    number: 'DOUBLE',
    array: 'JSON TEXT',
    object: 'JSON TEXT',
    union: 'JSON TEXT',
  },
  meta: {
    text: 'TEXT',
    integer: 'BIGINT',
    small: 'SMALLINT',
    json: 'JSON TEXT',
    instant: 'TIMESTAMP WITH TIME ZONE',
    uuid: 'UUID TEXT',
    // The name of SQLite's own row number: the highest is found at once, and rows lie in this order.
    position: 'INTEGER PRIMARY KEY',
  },
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  placeholder: () => '?',
  columnType: (engineType) => columnTypes[engineType],
  newRawId: `printf('%08x-%04x-7%03x-%04x-%012x', ${milliseconds()} >> 16, ${milliseconds()} & 65535,
    random() & 4095, 32768 | (random() & 16383), random() & 281474976710655)`,
  bulkLines: sqliteLines,
  // What makes them holds up this process.
  bulkLinesBytes: 1_000_000,
  pathValue,
  comparable: (value) => value,
  same: (one, other) => sql`${one} IS NOT DISTINCT FROM ${other}`,
  widenColumn: (table, column, from, to) => {
    const wider = ident(`_sluice_wider_${column}`);
    return [
      sql`ALTER TABLE ${table} ADD COLUMN ${wider} ${raw(sqliteDialect.types[to])}`,
      sql`UPDATE ${table} SET ${wider} = ${widened(ident(column), from, to)}`,
      sql`ALTER TABLE ${table} DROP COLUMN ${ident(column)}`,
      sql`ALTER TABLE ${table} RENAME COLUMN ${wider} TO ${ident(column)}`,
    ];
  },
  // It has no hash joins: from the staged rows, by the index of the key, each row is found at once.
  deleteMatched: (target, staged, match) =>
    sql`DELETE FROM ${target} WHERE ${ident(metaColumns.position)} IN (
      SELECT ${ident('t', metaColumns.position)} FROM ${staged} AS s CROSS JOIN ${target} AS t WHERE ${match})`,
  keyIndex: {
    create: (table) =>
      sql`CREATE INDEX IF NOT EXISTS ${ident(table.schema, indexName(table))} ON ${ident(table.name)} (${join(indexed(table))})`,
    drop: (table) => sql`DROP INDEX IF EXISTS ${ident(table.schema, indexName(table))}`,
  },
};

const columnTypes: Readonly<Record<string, ColumnType>> = {
  TEXT: 'string',
  BOOLEAN: 'boolean',
  DATE: 'date',
  'TIMESTAMP WITH TIME ZONE': 'timestamp_with_timezone',
  TIMESTAMP: 'timestamp_without_timezone',
  'TIME WITH TIME ZONE': 'time_with_timezone',
  TIME: 'time_without_timezone',
  BIGINT: 'integer',
  DOUBLE: 'number',
  'JSON TEXT': 'union',
};

function milliseconds(): string {
  return "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
}

/**
 * What lies there, whatever its type: SQLite compares it as it is. Instants are compared as such, for they may be
 * spelled with any offset.
 */
function pathValue(column: Sql, path: readonly string[], type: ColumnType): Sql {
  const value = path.every(isSimple) ? sql`json_extract(${column}, ${pathOf(path)})` : memberOf(column, path);
  if (!type.startsWith('timestamp')) return value;
  const seconds = sql`CAST(strftime('%s', ${value}) AS INTEGER)`;
  const micros = sql`CAST(round(CAST('0' || substr(${value}, 20) AS REAL) * 1000000) AS INTEGER)`;
  return sql`coalesce(${seconds} * 1000000 + ${micros}, ${value})`;
}

/** Written into the statement, not bound: an index is used only where its expression stands as it was declared. */
function pathOf(path: readonly string[]): Sql {
  return literal(`$${path.map((field) => `."${field}"`).join('')}`);
}

/** SQLite's JSON paths cannot name a field with a quote in it; as a value it can be compared. */
function memberOf(column: Sql, path: readonly string[]): Sql {
  return path.reduce(
    (outer, field) => sql`(SELECT value FROM json_each(${outer}) WHERE key = ${literal(field)})`,
    column,
  );
}

function isSimple(field: string): boolean {
  return !/["\\\p{Cc}]/u.test(field);
}

/** A text as it stands in a statement. */
export function literal(text: string): Sql {
  return raw(`'${text.replaceAll("'", "''")}'`);
}

/** Another key is another index, or rows would be looked for where nothing finds them. */
function indexName({ name, primaryKey }: StreamTable): string {
  const key = JSON.stringify(primaryKey.map(({ column, path }) => [column, ...path]));
  return `_sluice_key_${name}_${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;
}

/** The parts of the key that can be indexed. */
function indexed({ primaryKey }: StreamTable): readonly Sql[] {
  const parts = primaryKey.filter(
    ({ path, type }) => path.length === 0 || (path.every(isSimple) && !type.startsWith('timestamp')),
  );
  return parts.length === 0
    ? [ident(metaColumns.form)]
    : parts.map(({ column, path, type }) =>
        path.length === 0 ? ident(column) : pathValue(ident(column), path, type),
      );
}

function widened(value: Sql, from: ColumnType, to: ColumnType): Sql {
  if (to === 'number') return sql`CAST(${value} AS REAL)`;
  const text = from === 'timestamp_with_timezone' ? shortInstant(value) : value;
  if (to === 'string') return text;
  if (from === 'boolean') return sql`CASE ${value} WHEN 0 THEN 'false' WHEN 1 THEN 'true' END`;
  return from === 'string' || from === 'number' || isTemporal(from)
    ? sql`${raw(jsonFunction)}(${text})`
    : sql`CAST(${value} AS TEXT)`;
}

/** An instant in its one spelling (see times.ts); in its column it has six digits of a second, so that it sorts. */
function shortInstant(value: Sql): Sql {
  return sql`CASE WHEN ${value} LIKE '%.000000Z' THEN substr(${value}, 1, 19) || 'Z'
    WHEN ${value} LIKE '%000Z' THEN substr(${value}, 1, 23) || 'Z' ELSE ${value} END`;
}
