import type { Session, StagedRows, StagingSource, StatementOptions } from '../driver.ts';
import { ident, join, raw, render, type Sql, sql } from '../sql.ts';
import { stagedColumns } from '../staged-rows.ts';
import { metaColumns } from '../stream-table.ts';
import { sqliteDialect } from './dialect.ts';
import type { SqliteStatement } from './library.ts';
import { readStaged, type StagedCells } from './read-staged.ts';
import { longInstant, stagedValue } from './values.ts';

interface LoadingOptions extends StatementOptions {
  prepare(statement: string): SqliteStatement;
  /** Runs some of the work, then lets others have their turn; throws when it is to stop. */
  slice(work: () => void): Promise<void>;
}

/** Lands staged rows in a temporary table, whose own row number is the order in which they came. */
export async function loadStaging(
  session: Session,
  { table, files }: StagingSource,
  { signal, prepare, slice }: LoadingOptions,
): Promise<StagedRows> {
  const name = ident('temp', `_sluice_staging_${table.name}`);
  const arrival = ident(metaColumns.position);
  const columns = stagedColumns(table, sqliteDialect);
  const definitions = columns.map((column) => sql`${ident(column.name)} ${raw(column.type)}`);
  const place = sql`${arrival} ${raw(sqliteDialect.meta.position)}`;
  await session.run(sql`DROP TABLE IF EXISTS ${name}`, { signal });
  await session.run(sql`CREATE TABLE ${name} (${join([...definitions, place])})`, { signal });

  const insert = prepare(insertStatement(name, columns));
  const converters = [...table.columns.map(({ type }) => stagedValue(type)), longInstant];
  for await (const rows of readStaged(files, columns.length)) {
    for (let start = 0; start < rows.length; start += sliceRows) {
      await slice(() => {
        for (const row of rows.slice(start, start + sliceRows)) insert.run(bound(row, converters));
      });
    }
  }
  return { name, arrival };
}

/** As many rows as are inserted before others have their turn: some milliseconds. */
const sliceRows = 1000;

/** Row by row: no slower than many rows a statement, and twice as quick as `json_each` of thousands (measured). */
function insertStatement(name: Sql, columns: readonly { readonly name: string }[]): string {
  const names = join(columns.map((column) => ident(column.name)));
  const values = join(columns.map(() => raw('?')));
  return render(sql`INSERT INTO ${name} (${names}) VALUES (${values})`, sqliteDialect).text;
}

/** In the array that the row came in, for there is one of each row. */
function bound(row: StagedCells, converters: readonly ReturnType<typeof stagedValue>[]): StagedCells {
  for (let index = 0; index < converters.length; index += 1) {
    const cell = row[index];
    const convert = converters[index];
    if (typeof cell === 'string' && convert !== undefined) row[index] = convert(cell);
  }
  return row;
}
