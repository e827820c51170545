import { isSpelledApart, isWhole, type LineSpelling, nested, selectLines } from '../bulk-lines.ts';
import type { BulkLines } from '../dialect.ts';
import { rowForm } from '../row-form.ts';
import { ident, join, raw, type Sql, sql } from '../sql.ts';
import { metaColumns, type PositionRange, type StreamColumn, type StreamTable } from '../stream-table.ts';

/** The RECORD lines of the rows in a range as PostgreSQL spells them, all in one text. */
export function postgresLines(table: StreamTable, head: string, range: PositionRange): BulkLines {
  return [
    sql`SELECT count(*) AS rows, count(*) - count(line) AS doubtful, max(place) AS last,
      CASE WHEN count(*) = count(line) THEN string_agg(line, chr(10) ORDER BY place) || chr(10) END AS lines
      FROM (${selectLines(table, head, range, spelling)}) AS spelled`,
  ];
}

/** A function of PostgreSQL takes at most a hundred values. */
const mostValues = 100;

const spelling: LineSpelling = {
  textOf,
  doubtOf,
  // To whole milliseconds first: before version 14 seconds are doubles.
  millisecondsOf: (instant) =>
    sql`round(extract(epoch FROM date_trunc('milliseconds', ${instant})) * 1000)::bigint`,
  isUnchanged: (meta) => sql`right(${meta}::text, 13) = '"changes":[]}'`,
  constant: (text) => sql`${text}::text`,
  concat: (texts) => nested(texts, mostValues, (some) => sql`concat(${join(some)})`),
  listPresent: (texts) =>
    texts.length === 0
      ? sql`''`
      : nested(texts, mostValues - 1, (some) => sql`nullif(concat_ws(',', ${join(some)}), '')`),
};

function textOf({ name, type }: StreamColumn): Sql {
  const value = ident(name);
  switch (type) {
    case 'string':
      return sql`to_json(${value})::text`;
    case 'number':
      return sql`CASE WHEN ${isWhole(value)} THEN ${value}::bigint::text ELSE ${value}::text END`;
    case 'timestamp_with_timezone': {
      const isZulu = sql`(${ident(metaColumns.form)} & ${raw(String(rowForm.offset))}) = 0`;
      return sql`('"' || ${clockText(value, '+00')} || CASE WHEN ${isZulu} THEN 'Z"' ELSE '+00:00"' END)`;
    }
    case 'timestamp_without_timezone':
      return sql`('"' || ${clockText(value, '')} || '"')`;
    case 'date':
    case 'time_without_timezone':
    case 'time_with_timezone':
      return sql`('"' || ${value}::text || '"')`;
    case 'boolean':
    case 'integer':
    case 'array':
    case 'object':
    case 'union':
      return sql`${value}::text`;
  }
}

/** No digits of a second, three or six, where PostgreSQL writes as many as there are. */
function clockText(value: Sql, zone: string): Sql {
  const length = (digits: number) => raw(String('2024-01-31 10:30:00.'.length + digits + zone.length));
  const text = zone === '' ? sql`${value}::text` : sql`left(${value}::text, ${raw(String(-zone.length))})`;
  return sql`replace(CASE WHEN length(${value}::text) < ${length(0)} THEN left(${value}::text, 19)
    WHEN length(${value}::text) <= ${length(3)} THEN rpad(${text}, 23, '0') ELSE rpad(${text}, 26, '0') END, ' ', 'T')`;
}

function doubtOf({ name, type }: StreamColumn): Sql | undefined {
  const value = ident(name);
  switch (type) {
    case 'number':
      return isSpelledApart(value);
    case 'time_with_timezone':
      return sql`${value} IS NOT NULL`;
    case 'time_without_timezone':
      return sql`position('.' in ${value}::text) > 0`;
    case 'array':
    case 'object':
    case 'union':
      return sql`position(chr(10) in ${value}::text) > 0`;
    default:
      return undefined;
  }
}
