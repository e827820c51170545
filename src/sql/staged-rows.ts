import type { CheckedRow } from './check-row.ts';
import type { ColumnType } from './column-type.ts';
import type { Dialect } from './dialect.ts';
import { metaColumns, type StreamTable } from './stream-table.ts';

/*
 * Staged rows are records on their way into a table, made once for every engine and loaded in bulk: CSV, as
 * PostgreSQL's `COPY … (FORMAT csv)` and DuckDB's `read_csv` take it alike: delimiter comma, no header, null string empty,
 * no quoted nulls, and U+0001 for quote and escape. JSON is full of double quotes, each of which would have to be doubled
 * by us and found by the engine, and never holds U+0001 as it is.
 *
 * - A row ends in `\n`. Its columns are those of `stagedColumns`, in that order.
 * - NULL is nothing between two commas; an empty text is two U+0001.
 * - Numbers and booleans stand bare. An integer is its digits; a number any spelling of what the double holds.
 * - All else is a text between U+0001, those within it doubled: dates and times in their one spelling (see times.ts),
 *   JSON as JSON. A text may hold any character, newlines too, and U+0000 only where the dialect `holdsNul`.
 * - `extracted_at` is `2024-01-31T10:30:00.000Z`, always with milliseconds.
 * - `meta` is NULL where it says that nothing was changed, as in nearly every row.
 *
 * Not in the rows: that usual meta, the raw id, the generation and the position, which the statement gives that moves
 * them into the table.
 */

/** The columns of a staged row: the table's own, those of the meta columns that come with a record, its arrival. */
export function stagedColumns(
  { columns }: Pick<StreamTable, 'columns'>,
  { types, meta }: Pick<Dialect, 'types' | 'meta'>,
): readonly StagedColumn[] {
  return [
    ...columns.map(({ name, type }) => ({ name, type: types[type] })),
    { name: metaColumns.extractedAt, type: meta.instant },
    { name: metaColumns.meta, type: meta.json },
    { name: metaColumns.form, type: meta.small },
    { name: metaColumns.raw, type: meta.text },
    { name: arrivalColumn, type: meta.integer },
  ];
}

/** Counts a stream's rows as they come, so that an engine may load them in any order. No field's column has a space. */
export const arrivalColumn = 'arrival order';

/** Stands before and behind a text. */
export const textMark = '\u0001';
export const textMarkByte = 0x01;

interface StagedColumn {
  readonly name: string;
  /** As the engine calls it. */
  readonly type: string;
}

/** One staged row with its newline. */
export function stagedRow(
  { values, emittedAt, meta, form, raw }: CheckedRow,
  { columns }: Pick<StreamTable, 'columns'>,
  arrival: number,
): string {
  const cells = columns.map(({ type }, index) => cell(values[index] ?? null, type));
  const extractedAt = new Date(emittedAt).toISOString();
  const ours = [
    marked(extractedAt),
    cell(meta, 'object'),
    String(form),
    cell(raw, 'string'),
    String(arrival),
  ];
  return `${[...cells, ...ours].join(',')}\n`;
}

function cell(text: string | null, type: ColumnType): string {
  if (text === null) return '';
  return bare.has(type) ? text : marked(text);
}

const bare: ReadonlySet<ColumnType> = new Set(['boolean', 'integer', 'number']);

/** A text as a cell. */
export function marked(text: string): string {
  return `${textMark}${text.replaceAll(textMark, textMark + textMark)}${textMark}`;
}
