import { columnText } from '../sql/check-value.ts';
import { type ColumnType, isTemporal } from '../sql/column-type.ts';
import type { Queries, StatementOptions } from '../sql/driver.ts';
import { ident, join, raw, type Sql, sql } from '../sql/sql.ts';
import type { StreamColumn, StreamTable } from '../sql/stream-table.ts';

/** What the rows of a dataset look like from afar. */
export interface Statistics {
  readonly rows: number;
  /** When the source gave the first and the last of them, as ISO times; null where there are none. */
  readonly firstExtractedAt: string | null;
  readonly lastExtractedAt: string | null;
  readonly columns: readonly ColumnStatistics[];
}

/** One column: how often it is NULL, absent fields included, and its bounds where its values have an order. */
export interface ColumnStatistics {
  readonly field: string;
  readonly type: string;
  readonly nulls: number;
  readonly min?: unknown;
  readonly max?: unknown;
}

interface StatisticsOf {
  readonly table: StreamTable;
  /** The column that says when the source gave a row. */
  readonly extractedAt: string | undefined;
  readonly where: Sql | undefined;
}

/** Counts and bounds, by as few statements as there may be columns in one. */
export async function readStatistics(
  session: Queries,
  { table, extractedAt, where }: StatisticsOf,
  options: StatementOptions,
): Promise<Statistics> {
  const from = sql`from ${ident(table.schema, table.name)}${where === undefined ? sql`` : sql` where ${where}`}`;
  const extracted = extractedAt === undefined ? sql`null` : ident(extractedAt);
  const [all] = await session.query(
    sql`select count(*) as n, min(${extracted}) as first, max(${extracted}) as last ${from}`,
    options,
  );
  const rows = Number(all?.['n'] ?? 0);
  const columns: ColumnStatistics[] = [];
  for (let start = 0; start < table.columns.length; start += columnsAtOnce) {
    const some = table.columns.slice(start, start + columnsAtOnce);
    const [found = {}] = await session.query(
      sql`select ${join(some.flatMap(aggregatesOf))} ${from}`,
      options,
    );
    for (const [index, { field, type, ...column }] of some.entries()) {
      const bounds = isOrdered({ field, type, ...column })
        ? { min: spelled(type, found[`min_${index}`]), max: spelled(type, found[`max_${index}`]) }
        : {};
      columns.push({ field, type, nulls: rows - Number(found[`n_${index}`]), ...bounds });
    }
  }
  const [first, last] = [all?.['first'], all?.['last']].map((at) => spelled('timestamp_with_timezone', at));
  return { rows, firstExtractedAt: textOf(first), lastExtractedAt: textOf(last), columns };
}

function aggregatesOf(column: StreamColumn, index: number): readonly Sql[] {
  const value = ident(column.name);
  const named = (name: string) => raw(`${name}_${index}`);
  const count = sql`count(${value}) as ${named('n')}`;
  if (!isOrdered(column)) return [count];
  return [count, sql`min(${value}) as ${named('min')}`, sql`max(${value}) as ${named('max')}`];
}

/** Texts are ordered by each engine in its own way, and the rest not by all of them. */
function isOrdered({ type }: StreamColumn): boolean {
  return type === 'integer' || type === 'number' || (isTemporal(type) && type !== 'time_with_timezone');
}

/** What is computed has no column's type in every engine; times then come as they are stored. */
function spelled(type: ColumnType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  return isTemporal(type) ? (columnText(type, value) ?? value) : value;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

const columnsAtOnce = 200;
