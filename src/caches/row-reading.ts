import { isJsonObject } from '../protocol/json-object.ts';
import { parseLossless } from '../protocol/lossless-json.ts';
import type { Row } from '../protocol/messages.ts';
import type { SqlRow } from '../sql/driver.ts';
import { ident, join, type Sql, sql } from '../sql/sql.ts';
import type { StreamTable } from '../sql/stream-table.ts';

/** How the rows of a table are read that Sluice did not make. */
export interface RowReading {
  select(where: Sql | undefined): Sql;
  rowOf(row: SqlRow): Row;
  /** Whether the fields of a row are those of the table's columns. */
  readonly hasColumns: boolean;
  /** The column that says when the source gave a row. */
  readonly extractedAt: string | undefined;
}

/** A row has a field for each column. */
export function columnReading(table: StreamTable, extractedAt: string | undefined): RowReading {
  return {
    select: (where) => selectColumns(table, where),
    rowOf: (row) => row,
    hasColumns: true,
    extractedAt,
  };
}

/** A row is the object that lies, as JSON, in the one column of the table. */
export function documentReading(table: StreamTable, extractedAt: string | undefined): RowReading {
  return {
    select: (where) => selectColumns(table, where),
    rowOf(row) {
      const [value] = Object.values(row);
      const document = typeof value === 'string' ? parseLossless(value) : value;
      return isJsonObject(document) ? document : row;
    },
    hasColumns: false,
    extractedAt,
  };
}

/** The columns of a table that hold its stream's fields, as they lie there. */
export function selectColumns(table: StreamTable, where: Sql | undefined): Sql {
  const columns = join(table.columns.map(({ name }) => ident(name)));
  const filter = where === undefined ? sql`` : sql` WHERE ${where}`;
  return sql`SELECT ${columns} FROM ${ident(table.schema, table.name)}${filter}`;
}
