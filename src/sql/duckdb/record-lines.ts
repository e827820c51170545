import type { ColumnType } from '../column-type.ts';
import type { BulkLines } from '../dialect.ts';
import { isWithin } from '../record-lines.ts';
import { rowForm } from '../row-form.ts';
import { ident, join, raw, type Sql, sql } from '../sql.ts';
import { metaColumns, type PositionRange, type StreamColumn, type StreamTable } from '../stream-table.ts';

/**
 * The RECORD lines of the rows in a range as DuckDB spells them, all in one piece. A row whose spelling by recordLine
 * DuckDB cannot come to by itself has no line here and is counted as doubtful. Lines that are put together as they are
 * read, without sorting, come out twice as fast, and mostly in order: whether they did is told.
 */
export function duckDbLines(table: StreamTable, head: string, range: PositionRange): BulkLines {
  const lines = linesOf(table, head, range);
  const answer = (isSorted: Sql, order: Sql) => sql`
    SELECT found AS rows, found - told AS doubtful, last, sorted, CASE WHEN sorted THEN encode(text || chr(10)) END AS lines
    FROM (SELECT *, ${isSorted} AS sorted
      FROM (SELECT count(*) AS found, count(line) AS told, max(place) AS last, list(place) AS places,
        string_agg(line, chr(10)${order}) AS text FROM (${lines})))`;
  return {
    asStored: answer(sql`found = told AND places = list_sort(places)`, sql``),
    inOrder: answer(sql`found = told`, sql` ORDER BY place`),
  };
}

function linesOf(table: StreamTable, head: string, range: PositionRange): Sql {
  const { form, raw: kept, extractedAt, meta, position } = metaColumns;
  const tail = sql`'},"emitted_at":', epoch_ms(${ident(extractedAt)}), '}}'`;
  const plain = table.columns.map(
    (column, index) =>
      sql`${`${index === 0 ? '' : ','}${keyOf(column)}`}, coalesce(${textOf(column)}, 'null'), `,
  );
  // Where fields have come or gone, a NULL may be no null.
  const known = table.columns.map((column) => sql`, ${knownOf(column)}`);
  const isSteady = table.columns.every(({ absentIn = [] }) => absentIn.length === 0);
  const nulled = isSteady
    ? sql`concat(${`${head}{`}, ${join(plain, '')}${tail})`
    : sql`concat(${`${head}{`}, concat_ws(','${join(known, '')}), ${tail})`;
  const present = table.columns.map((column) => sql`, ${keyOf(column)} || ${textOf(column)}`);
  const doubts = table.columns.flatMap(doubtOf);
  return sql`
    SELECT ${ident(position)} AS place, CASE
      WHEN ${ident(kept)} IS NOT NULL THEN ${ident(kept)}
      WHEN NOT ends_with(CAST(${ident(meta)} AS VARCHAR), '"changes":[]}') THEN NULL
      WHEN concat(''${join(doubts, '')}) <> '' THEN NULL
      WHEN (${ident(form)} & ${raw(String(rowForm.absent))}) = 0 THEN ${nulled}
      ELSE concat(${`${head}{`}, concat_ws(','${join(present, '')}), ${tail}) END AS line
    FROM ${ident(table.schema, table.name)} WHERE ${isWithin(range)}`;
}

/** A field with its value or null; NULL where the field was not there. */
function knownOf(column: StreamColumn): Sql {
  const member = sql`${keyOf(column)} || coalesce(${textOf(column)}, 'null')`;
  const absences = (column.absentIn ?? []).map(isWithin);
  if (absences.length === 0) return member;
  return sql`CASE WHEN ${ident(column.name)} IS NULL AND (${join(absences, ' OR ')}) THEN NULL ELSE ${member} END`;
}

function keyOf({ field }: StreamColumn): string {
  return `${JSON.stringify(field)}:`;
}

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

function isWhole(value: Sql): Sql {
  return sql`(${value} = trunc(${value}) AND abs(${value}) <= 9007199254740991)`;
}

/**
 * What is not empty where `textOf` is not right, if anything: pieces of one text, because conditions by the hundred
 * would be too deep for DuckDB.
 */
function doubtOf({ name, type }: StreamColumn): readonly Sql[] {
  const doubt = doubtful(type, ident(name));
  return doubt === undefined ? [] : [sql`, CASE WHEN ${doubt} THEN '?' END`];
}

function doubtful(type: ColumnType, value: Sql): Sql | undefined {
  switch (type) {
    case 'number':
      // Beyond these both write exponents, each in its own way.
      return sql`NOT (${isWhole(value)} OR abs(${value}) BETWEEN 0.0001 AND 1e15)`;
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
