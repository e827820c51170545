import { usualMeta } from './check-row.ts';
import type { Session, StagedRows, StagingSource } from './driver.ts';
import { rowForm } from './row-form.ts';
import { ident, join, raw, type Sql, sql } from './sql.ts';
import { type ColumnPath, metaColumns, type StreamTable } from './stream-table.ts';

type Dialect = Session['dialect'];

/**
 * Clears the way for staged rows: of all rows with one key only the latest stays, wherever it is, so that it makes no
 * difference how records were cut into batches. Latest means the greatest cursor (null is least), then the last to
 * arrive. Null in a key is a value like any other; but a row whose key could not be kept matches no row.
 */
export function mergeStatements(
  dialect: Dialect,
  { table }: StagingSource,
  staged: StagedRows,
): readonly Sql[] {
  const target = ident(table.schema, table.name);
  const same = join(
    table.primaryKey.map((path) => dialect.same(keyValue(dialect, 's', path), keyValue(dialect, 't', path))),
    ' AND ',
  );
  const match = sql`${same} AND ${hasKey('s')} AND ${hasKey('t')}`;
  const index = dialect.keyIndex?.create(table);
  const statements = [...(index === undefined ? [] : [index]), withoutEarlier(dialect, table, staged)];
  if (table.cursor !== undefined) {
    const held = keyValue(dialect, 't', table.cursor);
    const came = keyValue(dialect, 's', table.cursor);
    statements.push(
      sql`DELETE FROM ${staged.name} AS s WHERE EXISTS (SELECT 1 FROM ${target} AS t
          WHERE ${match} AND (${held} > ${came} OR (${came} IS NULL AND ${held} IS NOT NULL)))`,
    );
  }
  statements.push(dialect.deleteMatched(target, staged.name, match));
  return statements;
}

/** Moves the staged rows into the table, with numbers that follow `lastPosition` in the order of their arrival. */
export function appendStatement(
  dialect: Dialect,
  { table, generationId, syncId }: StagingSource,
  staged: StagedRows,
  lastPosition: number,
): Sql {
  const { rawId, extractedAt, meta, generationId: generation, position, form, raw: line } = metaColumns;
  const moved = [...table.columns.map(({ name }) => name), extractedAt, form, line];
  const usual = sql`CAST(${usualMeta(syncId)} AS ${raw(dialect.meta.json)})`;
  const made: readonly (readonly [string, Sql])[] = [
    [rawId, raw(dialect.newRawId)],
    [meta, sql`coalesce(${ident(meta)}, ${usual})`],
    [generation, sql`${raw(String(generationId))}`],
    [position, sql`${staged.arrival} + ${raw(String(lastPosition))}`],
  ];
  const names = join([...moved, ...made.map(([name]) => name)].map((name) => ident(name)));
  const values = join([...moved.map((name) => ident(name)), ...made.map(([, value]) => value)]);
  return sql`INSERT INTO ${ident(table.schema, table.name)} (${names})
    SELECT ${values} FROM ${staged.name}`;
}

/** Within the batch, only the latest row of each key stays. */
function withoutEarlier(dialect: Dialect, table: StreamTable, { name, arrival }: StagedRows): Sql {
  const keys = join(table.primaryKey.map((path) => keyValue(dialect, 's', path)));
  const cursor =
    table.cursor === undefined ? sql`` : sql`${keyValue(dialect, 's', table.cursor)} DESC NULLS LAST, `;
  return sql`DELETE FROM ${name} WHERE ${arrival} IN (SELECT place FROM (
    SELECT ${arrival} AS place, row_number() OVER (PARTITION BY ${keys} ORDER BY ${cursor}${arrival} DESC) AS age
    FROM ${name} AS s WHERE ${hasKey('s')}) AS aged WHERE age > 1)`;
}

function keyValue(dialect: Dialect, alias: 's' | 't', { column, path, type }: ColumnPath): Sql {
  const value = ident(alias, column);
  return dialect.comparable(path.length === 0 ? value : dialect.pathValue(value, path, type), type);
}

function hasKey(alias: 's' | 't'): Sql {
  return sql`(${ident(alias, metaColumns.form)} & ${raw(String(rowForm.keyless))}) = 0`;
}
