import { parseLossless } from '../../protocol/lossless-json.ts';
import { type ColumnType, isTemporal } from '../column-type.ts';
import type { SqlRow } from '../driver.ts';
import { distinctNames } from '../names.ts';
import type { SqlParameter } from '../sql.ts';
import type { ReadTime } from '../time-codec.ts';
import { sqliteDialect } from './dialect.ts';
import type { SqliteColumn, SqliteValue } from './library.ts';

/** Turns the values of a result's rows into rows as JavaScript, by the types with which its columns were declared. */
export function rowReader(
  columns: readonly SqliteColumn[],
  readTime?: ReadTime,
): (values: readonly SqliteValue[]) => SqlRow {
  const names = distinctNames(columns.map(({ name }) => name));
  const readers = columns.map(({ type }) => readerOf(type ?? '', readTime));
  return (values) => {
    const row: Record<string, unknown> = {};
    for (let index = 0; index < names.length; index += 1) {
      const value = values[index] ?? null;
      set(row, names[index] ?? '', value === null ? null : readers[index]?.(value));
    }
    return row;
  };
}

function readerOf(type: string, readTime: ReadTime | undefined): Read {
  const read = declared[type] ?? plain;
  const ours = sqliteDialect.columnType(type);
  if (readTime === undefined || ours === undefined || !isTemporal(ours)) return read;
  return (value) => readTime(read(value), ours);
}

/** A parameter as SQLite takes it: a whole number is an integer, not a double. */
export function boundValue(value: SqlParameter): SqliteValue {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return Number.isSafeInteger(value) ? BigInt(Number(value)) : value;
}

/** How a staged text is bound for a column of this type; undefined where it is bound as it is. */
export function stagedValue(type: ColumnType): ((text: string) => SqliteValue) | undefined {
  switch (type) {
    case 'boolean':
      return (text) => (text === 'true' ? 1 : 0);
    case 'integer':
    case 'number':
      // Short ones are exact as doubles; the column makes an integer of the text of a longer one.
      return (text) => (text.length < 16 || type === 'number' ? Number(text) : text);
    case 'timestamp_with_timezone':
      return longInstant;
    default:
      return undefined;
  }
}

/** An instant with six digits of a second, always, so that texts sort as the instants do. */
export function longInstant(text: string): string {
  const digits = text.slice(20, -1);
  return `${text.slice(0, 19)}.${digits.padEnd(6, '0')}Z`;
}

/** An instant in its one spelling (see times.ts). */
function shortInstant(text: string): string {
  if (text.length !== 27 || !text.endsWith('000Z')) return text;
  return text.endsWith('.000000Z') ? `${text.slice(0, 19)}Z` : `${text.slice(0, 23)}Z`;
}

type Read = (value: SqliteValue) => unknown;

const declared: Readonly<Record<string, Read>> = {
  BOOLEAN: (value) => (value === 0n ? false : value === 1n ? true : plain(value)),
  'JSON TEXT': (value) => (typeof value === 'string' ? parseLossless(value) : plain(value)),
  'TIMESTAMP WITH TIME ZONE': (value) => (typeof value === 'string' ? shortInstant(value) : plain(value)),
};

function plain(value: SqliteValue): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function set(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') row[name] = value;
  else Object.defineProperty(row, name, { value, configurable: true, enumerable: true, writable: true });
}
