import { type ColumnType, isTemporal } from '../column-type.ts';
import type { Dialect } from '../dialect.ts';
import { ident, raw, sql } from '../sql.ts';
import { duckDbLines } from './record-lines.ts';

/** DuckDB, as the default cache uses it. */
export const duckDbDialect: Dialect = {
  name: 'DuckDB',
  defaultSchema: 'main',
  identifierBytes: 255,
  foldsCase: true,
  // By it staged rows are told apart; a column of that name would hide it.
  ownColumns: new Set(['rowid']),
  transactionalDdl: true,
  holdsNul: true,
  types: {
    string: 'VARCHAR',
    boolean: 'BOOLEAN',
    date: 'DATE',
    timestamp_with_timezone: 'TIMESTAMP WITH TIME ZONE',
    timestamp_without_timezone: 'TIMESTAMP',
    time_with_timezone: 'TIME WITH TIME ZONE',
    time_without_timezone: 'TIME',
    integer: 'BIGINT',
    number: 'DOUBLE',
    // Three names for JSON would read alike; arrays and objects are told apart by what the catalog says.
    array: 'JSON',
    object: 'JSON',
    union: 'JSON',
  },
  meta: {
    text: 'VARCHAR',
    integer: 'BIGINT',
    small: 'UTINYINT',
    json: 'JSON',
    instant: 'TIMESTAMP WITH TIME ZONE',
    uuid: 'UUID',
    position: 'BIGINT NOT NULL',
  },
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  placeholder: (index) => `$${index}`,
  columnType: (engineType) => columnTypes[engineType],
  newRawId: 'uuidv7()',
  bulkLines: duckDbLines,
  parquet: (select, path) =>
    sql`COPY (${select}) TO ${raw(`'${path.replaceAll("'", "''")}'`)} (FORMAT parquet)`,
  pathValue: (column, path, type) => {
    const pointer = path.map((field) => `/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    return sql`TRY_CAST(json_extract_string(${column}, ${pointer}) AS ${raw(type === 'union' ? 'VARCHAR' : duckDbDialect.types[type])})`;
  },
  comparable: (value) => value,
  same: (one, other) => sql`${one} IS NOT DISTINCT FROM ${other}`,
  widenColumn: (table, column, from, to) => [
    sql`ALTER TABLE ${table} ALTER COLUMN ${ident(column)} TYPE ${raw(duckDbDialect.types[to])} USING ${widened(column, from, to)}`,
  ],
  deleteMatched: (table, staged, match) =>
    sql`DELETE FROM ${table} AS t WHERE EXISTS (SELECT 1 FROM ${staged} AS s WHERE ${match})`,
};

const columnTypes: Readonly<Record<string, ColumnType>> = {
  VARCHAR: 'string',
  BOOLEAN: 'boolean',
  DATE: 'date',
  'TIMESTAMP WITH TIME ZONE': 'timestamp_with_timezone',
  TIMESTAMP: 'timestamp_without_timezone',
  'TIME WITH TIME ZONE': 'time_with_timezone',
  TIME: 'time_without_timezone',
  BIGINT: 'integer',
  DOUBLE: 'number',
  JSON: 'union',
};

function widened(column: string, from: ColumnType, to: ColumnType) {
  const value = ident(column);
  if (to === 'string') return textOf(column, from);
  if (to !== 'union') return sql`CAST(${value} AS ${raw(duckDbDialect.types[to])})`;
  if (isTemporal(from)) return sql`to_json(${textOf(column, from)})`;
  return from === 'number'
    ? sql`CASE WHEN ${value} = trunc(${value}) AND abs(${value}) < 1e15 THEN to_json(CAST(${value} AS BIGINT)) ELSE to_json(${value}) END`
    : sql`to_json(${value})`;
}

/** A date or time in its one spelling (see times.ts). */
function textOf(column: string, from: ColumnType) {
  const value = ident(column);
  if (!from.startsWith('time')) return sql`CAST(${value} AS VARCHAR)`;
  const zone = from.endsWith('with_timezone') && !from.endsWith('without_timezone');
  if (from.startsWith('timestamp')) {
    const format = (fraction: string) => raw(`'%Y-%m-%dT%H:%M:%S${fraction}${zone ? 'Z' : ''}'`);
    const micros = sql`(epoch_us(${value}) % 1000000)`;
    return sql`strftime(${value}, CASE WHEN ${micros} = 0 THEN ${format('')} WHEN ${micros} % 1000 = 0 THEN ${format('.%g')} ELSE ${format('.%f')} END)`;
  }
  return sql`CAST(${value} AS VARCHAR)`;
}
