import { type LineSpelling, nested, selectLines } from '../bulk-lines.ts';
import type { BulkLines } from '../dialect.ts';
import { rowForm } from '../row-form.ts';
import { ident, join, raw, type Sql, sql } from '../sql.ts';
import { metaColumns, type PositionRange, type StreamColumn, type StreamTable } from '../stream-table.ts';

/** A function that every session of ours has: a value as JSON. */
export const jsonFunction = '_sluice_json';

/** The RECORD lines of the rows in a range as SQLite spells them, all in one text. */
export function sqliteLines(table: StreamTable, head: string, range: PositionRange): BulkLines {
  return [
    sql`SELECT count(*) AS rows, count(*) - count(line) AS doubtful, max(place) AS last,
      CASE WHEN count(*) = count(line) THEN group_concat(line, char(10) ORDER BY place) || char(10) END AS lines
      FROM (${selectLines(table, head, range, spelling)})`,
  ];
}

/** A function takes at most a hundred values, and an expression is at most a thousand deep. */
const mostValues = 90;

const spelling: LineSpelling = {
  textOf,
  doubtOf,
  millisecondsOf: (instant) =>
    sql`CAST(CAST(strftime('%s', ${instant}) AS INTEGER) * 1000 + CAST(substr(${instant}, 21, 3) AS INTEGER) AS TEXT)`,
  isUnchanged: (meta) => sql`substr(${meta}, -13) = '"changes":[]}'`,
  constant: (text) => sql`${text}`,
  concat: (texts) => nested(texts, mostValues, (some) => sql`(${join(some, ' || ')})`),
  listPresent: (texts) =>
    texts.length === 0
      ? sql`''`
      : nested(texts, mostValues, (some) => sql`nullif(concat_ws(',', ${join(some)}), '')`),
};

function textOf({ name, type }: StreamColumn): Sql {
  const value = ident(name);
  switch (type) {
    case 'string':
      return sql`CASE WHEN ${value} IS NOT NULL THEN json_quote(${value}) END`;
    case 'boolean':
      return sql`CASE ${value} WHEN 0 THEN 'false' WHEN 1 THEN 'true' END`;
    case 'number':
      return numberText(value);
    case 'timestamp_with_timezone':
      return instantText(value);
    case 'timestamp_without_timezone':
    case 'date':
    case 'time_without_timezone':
    case 'time_with_timezone':
      return sql`('"' || ${value} || '"')`;
    case 'integer':
    case 'array':
    case 'object':
    case 'union':
      return sql`CAST(${value} AS TEXT)`;
  }
}

/** Of a double with up to fifteen digits there is one way to write it; where SQLite writes more, JavaScript does. */
function numberText(value: Sql): Sql {
  const isWhole = sql`${value} = CAST(${value} AS INTEGER) AND abs(${value}) <= 9007199254740991`;
  const text = sql`CAST(${value} AS TEXT)`;
  const isShort = sql`abs(${value}) BETWEEN 0.0001 AND 1e15 AND length(${text}) <= 16 AND CAST(${text} AS REAL) = ${value}`;
  return sql`CASE WHEN ${value} IS NULL THEN NULL WHEN ${isWhole} THEN CAST(CAST(${value} AS INTEGER) AS TEXT)
    WHEN ${isShort} THEN CAST(${value} AS TEXT) ELSE ${raw(jsonFunction)}(${value}) END`;
}

/** An instant has six digits of a second there, and none, three or six in a line. */
function instantText(value: Sql): Sql {
  const isZulu = sql`(${ident(metaColumns.form)} & ${raw(String(rowForm.offset))}) = 0`;
  return sql`('"' || CASE WHEN substr(${value}, 21, 6) = '000000' THEN substr(${value}, 1, 19)
    WHEN substr(${value}, 24, 3) = '000' THEN substr(${value}, 1, 23) ELSE substr(${value}, 1, 26) END ||
    CASE WHEN ${isZulu} THEN 'Z"' ELSE '+00:00"' END)`;
}

function doubtOf({ name, type }: StreamColumn): Sql | undefined {
  const value = ident(name);
  switch (type) {
    case 'timestamp_with_timezone':
      return sql`length(${value}) <> 27`;
    case 'time_with_timezone':
      return sql`${value} IS NOT NULL AND (${ident(metaColumns.form)} & ${raw(String(rowForm.offset))}) <> 0`;
    case 'array':
    case 'object':
    case 'union':
      return sql`instr(${value}, char(10)) > 0`;
    default:
      return undefined;
  }
}
