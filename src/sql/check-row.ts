import { ProtocolError } from '../errors.ts';
import { isJsonObject } from '../protocol/json-object.ts';
import { parseLossless, stringifyLossless } from '../protocol/lossless-json.ts';
import type { Row } from '../protocol/messages.ts';
import { columnText } from './check-value.ts';
import type { Dialect } from './dialect.ts';
import { fitRow } from './fit-row.ts';
import { rowForm } from './row-form.ts';
import { fieldsOf } from './rows.ts';
import type { StreamColumn, StreamTable } from './stream-table.ts';

/** A record as its table takes it. */
export interface CheckedRow {
  /** One text per column, in the table's order; an engine casts it to the column's type. */
  readonly values: readonly (string | null)[];
  /** Milliseconds since 1970. */
  readonly emittedAt: number;
  /** JSON for `_airbyte_meta`, or null where it is `usualMeta`. */
  readonly meta: string | null;
  readonly form: number;
  /** The line, where the columns would not give the data back. */
  readonly raw: string | null;
  /** Whether a value is not in its column as it came, because the column cannot hold it. */
  readonly nulled: boolean;
}

/**
 * Reads a RECORD line exactly. This is the rule for every engine: what an engine reads faster by itself must come to
 * the same. A value that its column cannot hold is null there, is told in `changes`, and stays in the line.
 */
export function checkRow(line: string, table: StreamTable, { syncId, dialect }: CheckOptions): CheckedRow {
  const { data, emittedAt, changes } = readRecord(line, table);
  const texts = table.columns.map((column) => textOf(column, data));
  const held = dialect.holdsNul
    ? texts
    : table.columns.map(({ type }, index) => withoutNul(type, texts[index]));
  const values = fitRow(held, table, dialect);
  const isNulled = ({ field }: StreamColumn, index: number): boolean =>
    texts[index] === null && Object.hasOwn(data, field) && data[field] !== null;
  const nulled = table.columns.filter(isNulled);
  const cut = table.columns.filter((_, index) => held[index] !== texts[index]);
  const dropped = table.columns.filter((_, index) => values[index] !== held[index]);
  const form = formOf(data, table);
  const inexact = [...nulled, ...cut, ...table.columns.filter(({ field }) => isHalf(data[field]))];
  const isKey = ({ name }: StreamColumn): boolean => table.primaryKey.some(({ column }) => column === name);
  const told = [...nulled.map(nulledChange), ...cut.map(cutChange), ...dropped.map(droppedChange)];
  return {
    values,
    emittedAt,
    meta: metaText(syncId, [...changes, ...told]),
    form: form + (inexact.some(isKey) ? rowForm.keyless : 0),
    raw: told.length === 0 && comesBack(data, table, values, form) ? null : line,
    nulled: told.length > 0,
  };
}

interface CheckOptions {
  /** Written into `_airbyte_meta`. */
  readonly syncId: number;
  readonly dialect: Pick<Dialect, 'holdsNul' | 'rowLimit'>;
}

/** JSON for `_airbyte_meta`, or null where no value was changed on its way: then it is `usualMeta`. */
export function metaText(syncId: number, changes: readonly unknown[]): string | null {
  return changes.length === 0 ? null : stringifyLossless({ sync_id: syncId, changes });
}

/** What `_airbyte_meta` says of nearly every row. */
export function usualMeta(syncId: number): string {
  return stringifyLossless({ sync_id: syncId, changes: [] });
}

/** The changes that a record's own `meta` tells of. */
export function changesIn(meta: unknown): readonly unknown[] {
  const changes = isJsonObject(meta) ? meta['changes'] : undefined;
  return Array.isArray(changes) ? changes : [];
}

/** The years 1 to 9999; another time is none, and 1970 stands for it. */
export function emittedTime(value: unknown): number {
  const time = Math.floor(Number(value));
  return time >= earliestInstant && time <= latestInstant ? time : 0;
}

const earliestInstant = -62_135_596_800_000;
const latestInstant = 253_402_300_799_999;

function readRecord(
  line: string,
  table: StreamTable,
): { readonly data: Row; readonly emittedAt: number; readonly changes: readonly unknown[] } {
  let message: unknown;
  try {
    message = parseLossless(line);
  } catch (cause) {
    throw refused(line, table, cause);
  }
  const record = isJsonObject(message) ? message['record'] : undefined;
  const data = isJsonObject(record) ? record['data'] : undefined;
  if (!isJsonObject(record) || !isJsonObject(data)) throw refused(line, table, undefined);
  return { data, emittedAt: emittedTime(record['emitted_at']), changes: changesIn(record['meta']) };
}

function refused(line: string, { name }: StreamTable, cause: unknown): ProtocolError {
  return new ProtocolError(`a record for the table ${name} is not JSON that can be kept`, {
    guidance:
      'The connector wrote a RECORD that is no valid JSON, such as NaN or a missing bracket: tell its authors.',
    context: { line: line.slice(0, 200) },
    cause,
  });
}

function textOf({ field, type }: StreamColumn, data: Row): string | null {
  const value = Object.hasOwn(data, field) ? data[field] : null;
  return value === null || value === undefined ? null : (columnText(type, value) ?? null);
}

/** In JSON, U+0000 is always escaped; a backslash before the escape makes it a text that only looks like one. */
function withoutNul(type: StreamColumn['type'], text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  if (type === 'string') return text.replaceAll('\0', '');
  return isJson(type) ? text.replaceAll(/(\\\\)|\\u0000/g, '$1') : text;
}

function isJson(type: StreamColumn['type']): boolean {
  return type === 'array' || type === 'object' || type === 'union';
}

/** Half a character becomes the same sign for all of them. */
function isHalf(value: unknown): boolean {
  return typeof value === 'string' && /\p{Surrogate}/u.test(value);
}

function nulledChange({ field }: StreamColumn): Row {
  return { field, change: 'NULLED', reason: 'DESTINATION_TYPECAST_ERROR' };
}

function cutChange({ field }: StreamColumn): Row {
  return { field, change: 'TRUNCATED', reason: 'DESTINATION_SERIALIZATION_ERROR' };
}

function droppedChange({ field }: StreamColumn): Row {
  return { field, change: 'NULLED', reason: 'DESTINATION_RECORD_SIZE_LIMITATION' };
}

function formOf(data: Row, { columns }: StreamTable): number {
  const isAbsent = columns.some(({ field }) => !Object.hasOwn(data, field));
  const isOffset = columns.some(({ field, type }) => {
    const value = type.endsWith('_with_timezone') && Object.hasOwn(data, field) ? data[field] : undefined;
    return typeof value === 'string' && value.endsWith('+00:00');
  });
  return (isAbsent ? rowForm.absent : 0) + (isOffset ? rowForm.offset : 0);
}

/** Whether the columns give back the same fields with the same values, spelled alike; the order of fields is not kept. */
function comesBack(data: Row, table: StreamTable, values: readonly (string | null)[], form: number): boolean {
  const back = fieldsOf(
    table,
    table.columns.map(({ type }, index) => valueOfText(type, values[index] ?? null)),
    form,
  );
  const names = Object.keys(data);
  if (names.length !== Object.keys(back).length) return false;
  // Spelling belongs to the object that was parsed: `1.0` is seen only where the whole of it is written.
  const rebuilt = Object.fromEntries(
    names.filter((name) => Object.hasOwn(back, name)).map((name) => [name, back[name]]),
  );
  return stringifyLossless(rebuilt) === stringifyLossless(data);
}

/** What the driver gives for a column that was filled with this text. */
function valueOfText(type: StreamColumn['type'], text: string | null): unknown {
  if (text === null) return null;
  switch (type) {
    case 'boolean':
      return text === 'true';
    case 'integer':
      return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
    case 'number':
      return Number(text);
    case 'array':
    case 'object':
    case 'union':
      return parseLossless(text);
    default:
      return text;
  }
}
