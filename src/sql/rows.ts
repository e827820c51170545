import { isJsonObject } from '../protocol/json-object.ts';
import { parseLossless } from '../protocol/lossless-json.ts';
import type { Row } from '../protocol/messages.ts';
import type { SqlRow } from './driver.ts';
import { rowForm } from './row-form.ts';
import { ident, join, type Sql, sql } from './sql.ts';
import { metaColumns, type StreamTable } from './stream-table.ts';

/** Selects a stream's rows as `rowOf` takes them, in the order in which they came. */
export function selectRows(table: StreamTable, { where, limit }: SelectOptions = {}): Sql {
  const columns = join(
    [...table.columns.map(({ name }) => name), metaColumns.form, metaColumns.raw, metaColumns.position].map(
      (name) => ident(name),
    ),
  );
  const filter = where === undefined ? sql`` : sql` WHERE ${where}`;
  const end = limit === undefined ? sql`` : sql` LIMIT ${limit}`;
  return sql`SELECT ${columns} FROM ${ident(table.schema, table.name)}${filter} ORDER BY ${ident(metaColumns.position)}${end}`;
}

interface SelectOptions {
  readonly where?: Sql | undefined;
  readonly limit?: number | undefined;
}

/** The record's data, with the source's own field names, exactly as it came. */
export function rowOf(table: StreamTable, row: SqlRow): Row {
  const line = row[metaColumns.raw];
  if (typeof line === 'string') return dataOf(line);
  const form = row[metaColumns.form];
  const fields = fieldsOf(
    table,
    table.columns.map(({ name }) => row[name]),
    typeof form === 'number' ? form : 0,
  );
  const position = Number(row[metaColumns.position]);
  for (const { field, absentIn = [] } of table.columns) {
    const isGone = absentIn.some(({ after, upTo }) => position > after && position <= upTo);
    if (isGone && fields[field] === null) delete fields[field];
  }
  return fields;
}

/** The fields that columns with these values stand for, in a row of this form. */
export function fieldsOf(
  { columns }: StreamTable,
  values: readonly unknown[],
  form: number,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const isAbsentNull = (form & rowForm.absent) !== 0;
  const isOffset = (form & rowForm.offset) !== 0;
  columns.forEach(({ field, type }, index) => {
    const value = values[index] ?? null;
    if (value === null && isAbsentNull) return;
    const isZulu =
      isOffset && typeof value === 'string' && type.endsWith('_with_timezone') && value.endsWith('Z');
    // `__proto__` is a field like any other.
    Object.defineProperty(fields, field, {
      value: isZulu ? `${value.slice(0, -1)}+00:00` : value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  });
  return fields;
}

function dataOf(line: string): Row {
  const message = parseLossless(line);
  const record = isJsonObject(message) ? message['record'] : undefined;
  const data = isJsonObject(record) ? record['data'] : undefined;
  return isJsonObject(data) ? data : {};
}
