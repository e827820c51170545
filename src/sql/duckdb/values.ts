import type * as DuckDb from '@duckdb/node-api';
import { parseLossless } from '../../protocol/lossless-json.ts';
import type { SqlRow } from '../driver.ts';
import { readDecimal, readInteger } from '../numbers.ts';
import type { ReadTime } from '../time-codec.ts';
import { offsetText, writeTime, writeTimestamp } from '../times.ts';
import type { DuckDbLibrary } from './library.ts';

type Api = typeof DuckDb;
type Read = (value: DuckDb.DuckDBValue) => unknown;

/** Turns a result's chunks into rows as JavaScript. */
export function rowReader(
  { api, exactly }: DuckDbLibrary,
  result: DuckDb.DuckDBResult,
  readTime: ReadTime = asText,
): (chunk: DuckDb.DuckDBDataChunk) => SqlRow[] {
  const names = result.deduplicatedColumnNames();
  const readers = result.columnTypes().map((type) => valueReader(api, type, readTime));
  return (chunk) => {
    const rows: Record<string, unknown>[] = Array.from({ length: chunk.rowCount }, () => ({}));
    names.forEach((name, column) => {
      const read = readers[column];
      const values = exactly(() => chunk.getColumnValues(column));
      for (let index = 0; index < values.length; index += 1) {
        const value = values[index] ?? null;
        const row = rows[index];
        if (row !== undefined) set(row, name, value === null || read === undefined ? value : read(value));
      }
    });
    return rows;
  };
}

function set(row: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') row[name] = value;
  else Object.defineProperty(row, name, { value, configurable: true, enumerable: true, writable: true });
}

/** How a value of this type is read; undefined for those that JavaScript holds as they are. */
function valueReader(api: Api, type: DuckDb.DuckDBType, readTime: ReadTime): Read | undefined {
  const id = api.DuckDBTypeId;
  if (type.alias === 'JSON') return (value) => (typeof value === 'string' ? parseLossless(value) : value);
  switch (type.typeId) {
    case id.BOOLEAN:
    case id.VARCHAR:
    case id.TINYINT:
    case id.SMALLINT:
    case id.INTEGER:
    case id.FLOAT:
    case id.DOUBLE:
      return undefined;
    default:
      return (value) => readValue(api, value, readTime);
  }
}

/** A value that knows its own kind, also inside lists and structs. */
function readValue(api: Api, value: DuckDb.DuckDBValue, readTime: ReadTime): unknown {
  if (value === null || typeof value !== 'object')
    return typeof value === 'bigint' ? readInteger(value) : value;
  if (value instanceof api.DuckDBTimestampTZValue) {
    const text = value.isFinite ? writeTimestamp(value.micros, 'Z') : String(value);
    return readTime(text, 'timestamp_with_timezone');
  }
  if (value instanceof api.DuckDBTimestampValue) {
    const text = value.isFinite ? writeTimestamp(value.micros, '') : String(value);
    return readTime(text, 'timestamp_without_timezone');
  }
  if (value instanceof api.DuckDBDateValue) return readTime(String(value), 'date');
  if (value instanceof api.DuckDBTimeValue)
    return readTime(writeTime(value.micros, ''), 'time_without_timezone');
  if (value instanceof api.DuckDBTimeTZValue) {
    const zone = offsetText(Math.trunc(value.offset / 60));
    return readTime(writeTime(value.micros, zone), 'time_with_timezone');
  }
  if (value instanceof api.DuckDBDecimalValue) return readDecimal(String(value));
  const read = (inner: DuckDb.DuckDBValue): unknown => readValue(api, inner, readTime);
  if (value instanceof api.DuckDBListValue || value instanceof api.DuckDBArrayValue) {
    return value.items.map(read);
  }
  if (value instanceof api.DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([name, entry]) => [name, read(entry)]));
  }
  if (value instanceof api.DuckDBMapValue) {
    return Object.fromEntries(value.entries.map((entry) => [String(entry.key), read(entry.value)]));
  }
  if (value instanceof api.DuckDBUnionValue) return read(value.value);
  if (value instanceof api.DuckDBBlobValue) return value.bytes;
  return String(value);
}

function asText(value: unknown): unknown {
  return value;
}
