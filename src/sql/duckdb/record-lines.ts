import { isSpelledApart, isWhole, type LineSpelling, selectLines } from '../bulk-lines.ts';
import type { ColumnType } from '../column-type.ts';
import type { BulkLines } from '../dialect.ts';
import { rowForm } from '../row-form.ts';
import { ident, join, raw, type Sql, sql } from '../sql.ts';
import { metaColumns, type PositionRange, type StreamColumn, type StreamTable } from '../stream-table.ts';

/**
 * The RECORD lines of the rows in a range as DuckDB spells them, all in one piece. A row whose spelling by recordLine
 * DuckDB cannot come to by itself has no line here and is counted as doubtful. Lines that are put together as they are
 * read, without sorting, come out twice as fast, and mostly in order: whether they did is told.
 */
export function duckDbLines(table: StreamTable, head: string, range: PositionRange): BulkLines {
  const lines = selectLines(table, head, range, spelling);
  const answer = (isSorted: Sql, order: Sql) => sql`
    SELECT found AS rows, found - told AS doubtful, last, sorted, CASE WHEN sorted THEN encode(text || chr(10)) END AS lines
    FROM (SELECT *, ${isSorted} AS sorted
      FROM (SELECT count(*) AS found, count(line) AS told, max(place) AS last, list(place) AS places,
        string_agg(line, chr(10)${order}) AS text FROM (${lines})))`;
  return [
    answer(sql`found = told AND places = list_sort(places)`, sql``),
    answer(sql`found = told`, sql` ORDER BY place`),
  ];
}

const spelling: LineSpelling = {
  textOf,
  doubtOf: ({ name, type }) => doubtful(type, ident(name)),
  millisecondsOf: (instant) => sql`epoch_ms(${instant})`,
  isUnchanged: (meta) => sql`ends_with(CAST(${meta} AS VARCHAR), '"changes":[]}')`,
  constant: (text) => sql`${text}`,
  concat: (texts) => sql`concat(${join(texts)})`,
  // Of a separator alone DuckDB makes no text.
  listPresent: (texts) => (texts.length === 0 ? sql`''` : sql`concat_ws(',', ${join(texts)})`),
};

/** JSON for a value, NULL for NULL. */
function textOf({ name, type }: StreamColumn): Sql {
  const value = ident(name);
  switch (type) {
    case 'string':
      return sql`CAST(to_json(${value}) AS VARCHAR)`;
    case 'number':
      return sql`CASE WHEN ${isWhole(value)} THEN CAST(CAST(${value} AS BIGINT) AS VARCHAR) ELSE CAST(${value} AS VARCHAR) END`;
    case 'timestamp_with_timezone':
      return sql`'"' || ${clockText(value)} || CASE WHEN (${ident(metaColumns.form)} & ${raw(String(rowForm.offset))}) = 0 THEN 'Z"' ELSE '+00:00"' END`;
    case 'timestamp_without_timezone':
      return sql`'"' || ${clockText(value)} || '"'`;
    case 'date':
    case 'time_without_timezone':
    case 'time_with_timezone':
      return sql`'"' || CAST(${value} AS VARCHAR) || '"'`;
    case 'boolean':
    case 'integer':
    case 'array':
    case 'object':
    case 'union':
      return sql`CAST(${value} AS VARCHAR)`;
  }
}

function clockText(value: Sql): Sql {
  const written = (fraction: string) => sql`strftime(${value}, ${raw(`'%Y-%m-%dT%H:%M:%S${fraction}'`)})`;
  return sql`CASE WHEN epoch_us(${value}) % 1000000 = 0 THEN ${written('')}
    WHEN epoch_us(${value}) % 1000 = 0 THEN ${written('.%g')} ELSE ${written('.%f')} END`;
}

function doubtful(type: ColumnType, value: Sql): Sql | undefined {
  switch (type) {
    case 'number':
      return isSpelledApart(value);
    case 'time_with_timezone':
      return sql`${value} IS NOT NULL`;
    case 'time_without_timezone':
      return sql`epoch_us(${value}) % 1000000 <> 0`;
    case 'array':
    case 'object':
    case 'union':
      return sql`contains(CAST(${value} AS VARCHAR), chr(10))`;
    default:
      return undefined;
  }
}
