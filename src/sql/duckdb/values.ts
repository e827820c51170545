import type * as DuckDb from '@duckdb/node-api';
import { parseLossless } from '../../protocol/lossless-json.ts';
import type { SqlRow } from '../driver.ts';
import { readDecimal, readInteger } from '../numbers.ts';
import { offsetText, writeTime, writeTimestamp } from '../times.ts';

type Api = typeof DuckDb;
type Read = (value: DuckDb.DuckDBValue) => unknown;

/** Turns a result's chunks into rows as JavaScript. */
export function rowReader(
  api: Api,
  result: DuckDb.DuckDBResult,
): (chunk: DuckDb.DuckDBDataChunk) => SqlRow[] {
  const names = result.deduplicatedColumnNames();
  const readers = result.columnTypes().map((type) => valueReader(api, type));
  return (chunk) => {
    const rows: Record<string, unknown>[] = Array.from({ length: chunk.rowCount }, () => ({}));
    names.forEach((name, column) => {
      const read = readers[column];
      const values = chunk.getColumnValues(column);
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
function valueReader(api: Api, type: DuckDb.DuckDBType): Read | undefined {
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
      return (value) => readValue(api, value);
  }
}

/** A value that knows its own kind, also inside lists and structs. */
function readValue(api: Api, value: DuckDb.DuckDBValue): unknown {
  if (value === null || typeof value !== 'object')
    return typeof value === 'bigint' ? readInteger(value) : value;
  if (value instanceof api.DuckDBTimestampTZValue)
    return value.isFinite ? writeTimestamp(value.micros, 'Z') : String(value);
  if (value instanceof api.DuckDBTimestampValue)
    return value.isFinite ? writeTimestamp(value.micros, '') : String(value);
  if (value instanceof api.DuckDBTimeValue) return writeTime(value.micros, '');
  if (value instanceof api.DuckDBTimeTZValue)
    return writeTime(value.micros, offsetText(Math.trunc(value.offset / 60)));
  if (value instanceof api.DuckDBDecimalValue) return readDecimal(String(value));
  if (value instanceof api.DuckDBListValue || value instanceof api.DuckDBArrayValue) {
    return value.items.map((item) => readValue(api, item));
  }
  if (value instanceof api.DuckDBStructValue) {
    return Object.fromEntries(
      Object.entries(value.entries).map(([name, entry]) => [name, readValue(api, entry)]),
    );
  }
  if (value instanceof api.DuckDBMapValue) {
    return Object.fromEntries(value.entries.map((entry) => [String(entry.key), readValue(api, entry.value)]));
  }
  if (value instanceof api.DuckDBUnionValue) return readValue(api, value.value);
  if (value instanceof api.DuckDBBlobValue) return value.bytes;
  return String(value);
}
