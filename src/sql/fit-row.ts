import type { Dialect } from './dialect.ts';
import type { StreamColumn, StreamTable } from './stream-table.ts';

type Values = readonly (string | null)[];

/**
 * The values as they fit into one row of the engine: where they are more than it takes, the last ones become null, but
 * for the key and the cursor.
 */
export function fitRow(values: Values, table: StreamTable, { rowLimit }: Pick<Dialect, 'rowLimit'>): Values {
  if (rowLimit === undefined || !mayOverflow(table, { rowLimit })) return values;
  const { columns } = table;
  const fits = (some: Values): boolean => rowLimit.bytesOf(columns, some) <= rowLimit.bytes;
  if (fits(values)) return values;
  const needed = new Set([...table.primaryKey, table.cursor].map((path) => path?.column));
  const first = (count: number): Values =>
    values.map((value, index) => (index < count || needed.has(columns[index]?.name) ? value : null));
  // The more of the first values are kept, the larger the row: the most that fit are found by halving.
  let kept = 0;
  let tooMany = values.length;
  while (tooMany - kept > 1) {
    const middle = Math.floor((kept + tooMany) / 2);
    if (fits(first(middle))) kept = middle;
    else tooMany = middle;
  }
  return first(kept);
}

/** Whether a row of this table can be larger than the engine takes. */
export function mayOverflow(
  { columns }: { readonly columns: readonly StreamColumn[] },
  { rowLimit }: Pick<Dialect, 'rowLimit'>,
): boolean {
  return rowLimit !== undefined && columns.length > rowLimit.safeColumns;
}
