import { isWithin } from './record-lines.ts';
import { rowForm } from './row-form.ts';
import { ident, join, raw, type Sql, sql } from './sql.ts';
import { metaColumns, type PositionRange, type StreamColumn, type StreamTable } from './stream-table.ts';

/** How an engine spells what a RECORD line is made of; `recordLine` is the rule that it must come to. */
export interface LineSpelling {
  /** JSON for a value, NULL for NULL. */
  textOf(column: StreamColumn): Sql;
  /** Holds where `textOf` is not right, if anywhere. */
  doubtOf(column: StreamColumn): Sql | undefined;
  /** Milliseconds since 1970. */
  millisecondsOf(instant: Sql): Sql;
  /** Holds where the row's meta column tells of no changes. */
  isUnchanged(meta: Sql): Sql;
  /** A text that is the same for all rows. */
  constant(text: string): Sql;
  /** Texts, none of them NULL, in one. */
  concat(texts: readonly Sql[]): Sql;
  /** Those that are not NULL, with commas between. */
  listPresent(texts: readonly Sql[]): Sql;
}

/**
 * Selects the `place` and the `line` of each row in a range, without a newline; NULL for a line that the engine cannot
 * spell as the rule does.
 */
export function selectLines(table: StreamTable, head: string, range: PositionRange, by: LineSpelling): Sql {
  const { form, raw: kept, extractedAt, meta, position } = metaColumns;
  const tail = [sql`'},"emitted_at":'`, by.millisecondsOf(ident(extractedAt)), sql`'}}'`];
  const doubts = table.columns.flatMap((column) => {
    const doubt = by.doubtOf(column);
    return doubt === undefined ? [] : [sql`CASE WHEN ${doubt} THEN '?' ELSE '' END`];
  });
  // Pieces of one text, because conditions by the hundred would be too deep for an engine.
  const isDoubtful =
    doubts.length === 0 ? sql`` : sql`WHEN ${by.concat([...doubts, sql`''`])} <> '' THEN NULL`;
  const members = table.columns.map((column) => sql`(${keyOf(column)} || ${by.textOf(column)})`);
  return sql`
    SELECT ${ident(position)} AS place, CASE
      WHEN ${ident(kept)} IS NOT NULL THEN ${ident(kept)}
      WHEN NOT (${by.isUnchanged(ident(meta))}) THEN NULL
      ${isDoubtful}
      WHEN (${ident(form)} & ${raw(String(rowForm.absent))}) = 0 THEN ${withNulls(table, head, tail, by)}
      ELSE ${by.concat([by.constant(`${head}{`), by.listPresent(members), ...tail])} END AS line
    FROM ${ident(table.schema, table.name)} WHERE ${isWithin(range)}`;
}

/** The line of a row in which NULL is null. */
function withNulls({ columns }: StreamTable, head: string, tail: readonly Sql[], by: LineSpelling): Sql {
  const isSteady = columns.every(({ absentIn = [] }) => absentIn.length === 0);
  if (isSteady) {
    const fields = columns.flatMap((column, index) => [
      by.constant(`${index === 0 ? `${head}{` : ','}${keyOf(column)}`),
      sql`coalesce(${by.textOf(column)}, 'null')`,
    ]);
    return by.concat([...(columns.length === 0 ? [by.constant(`${head}{`)] : fields), ...tail]);
  }
  const known = columns.map((column) => knownOf(column, by));
  return by.concat([by.constant(`${head}{`), by.listPresent(known), ...tail]);
}

/** A field with its value or null; NULL where the field was not there. */
function knownOf(column: StreamColumn, by: LineSpelling): Sql {
  const member = sql`(${keyOf(column)} || coalesce(${by.textOf(column)}, 'null'))`;
  const absences = (column.absentIn ?? []).map(isWithin);
  if (absences.length === 0) return member;
  return sql`CASE WHEN ${ident(column.name)} IS NULL AND (${join(absences, ' OR ')}) THEN NULL ELSE ${member} END`;
}

function keyOf({ field }: StreamColumn): string {
  return `${JSON.stringify(field)}:`;
}

/** Texts by a function that takes so many at a time: those of more are put together first. */
export function nested(texts: readonly Sql[], most: number, combine: (texts: readonly Sql[]) => Sql): Sql {
  if (texts.length <= most) return combine(texts);
  const groups = Array.from({ length: Math.ceil(texts.length / most) }, (_, index) =>
    combine(texts.slice(index * most, (index + 1) * most)),
  );
  return nested(groups, most, combine);
}

/** Whether a double is written without a point in JSON: a whole number that loses nothing as one. */
export function isWhole(value: Sql): Sql {
  return sql`(${value} = trunc(${value}) AND abs(${value}) <= 9007199254740991)`;
}

/** Whether an engine and JavaScript may write a double differently: beyond these both write exponents, each in its own way. */
export function isSpelledApart(value: Sql): Sql {
  return sql`NOT (${isWhole(value)} OR abs(${value}) BETWEEN 0.0001 AND 1e15)`;
}
