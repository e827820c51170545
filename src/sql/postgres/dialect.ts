import { createHash } from 'node:crypto';
import { InputError } from '../../errors.ts';
import { type ColumnType, isTemporal } from '../column-type.ts';
import type { Dialect } from '../dialect.ts';
import { ident, join, raw, type Sql, type SqlParameter, sql } from '../sql.ts';
import type { StreamColumn } from '../stream-table.ts';
import { postgresLines } from './record-lines.ts';

/** PostgreSQL 13 and newer. `version` is the server's, as `server_version_num` says it: 180001. */
export function postgresDialect(version: number): Dialect {
  return { ...base, newRawId: version >= 180_000 ? 'uuidv7()' : newRawId };
}

/** A number that two holders of a name agree on, for PostgreSQL's advisory locks. */
export function lockNumber(name: string): bigint {
  return createHash('sha256').update(`sluice:${name}`).digest().readBigInt64BE();
}

const types: Readonly<Record<ColumnType, string>> = {
  string: 'text',
  boolean: 'boolean',
  date: 'date',
  timestamp_with_timezone: 'timestamp with time zone',
  timestamp_without_timezone: 'timestamp without time zone',
  time_with_timezone: 'time with time zone',
  time_without_timezone: 'time without time zone',
  integer: 'bigint',
  number: 'double precision',
  // Not jsonb: it forgets the order of fields and how numbers are spelled, and refuses \u0000.
  array: 'json',
  object: 'json',
  union: 'json',
};

const columnTypes = new Map(Object.entries(types).map(([ours, theirs]) => [theirs, ours as ColumnType]));

/** Before version 18 there is no uuidv7(): the time is made once a statement, the rest is of a random UUID. */
const newRawId = `((SELECT substr(t, 1, 8) || '-' || substr(t, 9, 4) || '-7' FROM
    lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') AS t) || substr(gen_random_uuid()::text, 16))::uuid`;

/** More than the columns of our own take, wherever they stand. */
const ownBytes = 200;

const base: Dialect = {
  name: 'PostgreSQL',
  defaultSchema: 'public',
  identifierBytes: 63,
  foldsCase: false,
  ownColumns: new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']),
  transactionalDdl: true,
  holdsNul: false,
  rowLimit: { bytes: 8160 - ownBytes, safeColumns: 300, bytesOf },
  types,
  meta: {
    text: 'text',
    integer: 'bigint',
    small: 'smallint',
    json: 'json',
    instant: 'timestamp with time zone',
    uuid: 'uuid',
    // Its index finds the last one, and pages of rows in order.
    position: 'bigint PRIMARY KEY',
  },
  quote(name) {
    if (!name.includes('\0')) return `"${name.replaceAll('"', '""')}"`;
    throw new InputError(`${JSON.stringify(name)} cannot be a name in PostgreSQL`);
  },
  placeholder: (index, value) => `$${index}${castOf(value)}`,
  columnType: (engineType) => columnTypes.get(engineType),
  newRawId,
  bulkLines: postgresLines,
  pathValue,
  comparable(value, type) {
    if (types[type] === 'json') return sql`(${value}::text COLLATE "C")`;
    return type === 'string' ? sql`(${value} COLLATE "C")` : value;
  },
  // Arrays are compared with NULLs as values, and, unlike IS NOT DISTINCT FROM, can be joined by hashes.
  same: (one, other) => sql`ARRAY[${one}] = ARRAY[${other}]`,
  takeTurns: (name) => sql`SELECT pg_advisory_xact_lock(${lockNumber(name)})`,
  widenColumn: (table, column, from, to) => [
    sql`ALTER TABLE ${table} ALTER COLUMN ${ident(column)} TYPE ${raw(types[to])} USING ${widened(ident(column), from, to)}`,
  ],
  deleteMatched: (table, staged, match) =>
    sql`DELETE FROM ${table} AS t WHERE EXISTS (SELECT 1 FROM ${staged} AS s WHERE ${match})`,
};

/**
 * What a row takes of its page of 8 kB, as the server lays it out: numbers and times at multiples of eight bytes; a
 * text of up to 23 bytes as it is, and of a longer one, which may lie elsewhere, 18 bytes that say where.
 */
function bytesOf(columns: readonly StreamColumn[], values: readonly (string | null)[]): number {
  let bytes = 24 + Math.ceil(columns.length / 8);
  columns.forEach(({ type }, index) => {
    const text = values[index] ?? null;
    if (text === null) return;
    const width = widths[type];
    if (width === undefined) bytes += Math.min(Buffer.byteLength(text) + 1, 24);
    else bytes = width === 1 ? bytes + 1 : Math.ceil(bytes / 8) * 8 + width;
  });
  return bytes;
}

const widths: Readonly<Partial<Record<ColumnType, number>>> = {
  boolean: 1,
  integer: 8,
  number: 8,
  date: 4,
  timestamp_with_timezone: 8,
  timestamp_without_timezone: 8,
  time_with_timezone: 12,
  time_without_timezone: 8,
};

/** A number is typed as it would be if it were written there; a text is what its place makes of it. */
function castOf(value: SqlParameter): string {
  if (typeof value === 'boolean') return '::boolean';
  if (typeof value === 'number' && !Number.isInteger(value)) return '::double precision';
  if (typeof value !== 'number' && typeof value !== 'bigint') return '';
  const size = Math.abs(Number(value));
  if (size < 2 ** 31) return '::integer';
  if (size < 2 ** 63) return '::bigint';
  return typeof value === 'bigint' ? '::numeric' : '::double precision';
}

function pathValue(column: Sql, path: readonly string[], type: ColumnType): Sql {
  const steps = join(path.map((field) => sql`${field}::text`));
  const value = sql`json_extract_path_text(${column}, ${steps})`;
  const pattern = patterns[type];
  if (pattern === undefined) return value;
  const target = raw(type === 'integer' || type === 'number' ? 'numeric' : types[type]);
  const cast = sql`${value}::${target}`;
  const isMonthLongEnough = sql`substr(${value}, 9, 2)::integer <=
    extract(day FROM (substr(${value}, 1, 7) || '-01')::date + interval '1 month' - interval '1 day')`;
  const checked = pattern.startsWith(day) ? sql`CASE WHEN ${isMonthLongEnough} THEN ${cast} END` : cast;
  return sql`(CASE WHEN ${value} ~ ${`^${pattern}$`} THEN ${checked} END)`;
}

const day = String.raw`(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`;
const clock = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?`;
const zone = String.raw`(?:Z|z|[+-](?:0\d|1[0-5])(?::?[0-5]\d)?)`;

/** What a cast takes without an error; a text of any other form has no value. */
const patterns: Readonly<Partial<Record<ColumnType, string>>> = {
  boolean: 'true|false',
  integer: String.raw`-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?`,
  number: String.raw`-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?`,
  date: day,
  timestamp_with_timezone: `${day}[T ]${clock} ?${zone}?`,
  timestamp_without_timezone: `${day}[T ]${clock}`,
  time_with_timezone: `${clock}${zone}?`,
  time_without_timezone: clock,
};

function widened(value: Sql, from: ColumnType, to: ColumnType): Sql {
  if (to === 'string') return textOf(value, from);
  if (to !== 'union') return sql`${value}::${raw(types[to])}`;
  if (isTemporal(from)) return sql`to_json(${textOf(value, from)})`;
  // As JSON spells them: 1000000000000000 rather than 1e+15.
  return from === 'number'
    ? sql`CASE WHEN abs(${value}) >= 1e-6 AND abs(${value}) < 1e21 THEN to_json(${value}::text::numeric) ELSE to_json(${value}) END`
    : sql`to_json(${value})`;
}

/** A date or time in its one spelling (see times.ts). */
function textOf(value: Sql, from: ColumnType): Sql {
  if (!from.startsWith('time')) return sql`${value}::text`;
  const hasZone = from.endsWith('_with_timezone');
  const micros = sql`(extract(microseconds FROM ${value})::bigint % 1000000)`;
  const fraction = sql`CASE WHEN ${micros} = 0 THEN '' WHEN ${micros} % 1000 = 0
    THEN '.' || lpad((${micros} / 1000)::text, 3, '0') ELSE '.' || lpad(${micros}::text, 6, '0') END`;
  if (from.startsWith('timestamp'))
    return sql`to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS') || ${fraction} || ${raw(hasZone ? "'Z'" : "''")}`;
  const time = sql`to_char(${value}::time, 'HH24:MI:SS') || ${fraction}`;
  if (!hasZone) return time;
  const seconds = sql`extract(timezone FROM ${value})`;
  return sql`${time} || CASE WHEN ${seconds} = 0 THEN 'Z' ELSE CASE WHEN ${seconds} < 0 THEN '-' ELSE '+' END
    || to_char(abs(${seconds}) * interval '1 second', 'HH24:MI') END`;
}
