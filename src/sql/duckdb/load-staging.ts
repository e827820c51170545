import type { Session, StagedRows, StagingOptions, StagingSource } from '../driver.ts';
import { ident, raw, sql } from '../sql.ts';
import { arrivalColumn, stagedColumns, textMark } from '../staged-rows.ts';
import { duckDbDialect } from './dialect.ts';

/** Lands staged rows in a temporary table, or hands them out as they lie in their files. */
export async function loadStaging(
  session: Session,
  source: StagingSource,
  { isReadOnce = false, signal }: StagingOptions,
): Promise<StagedRows> {
  const rows = raw(selectStaged(source));
  const arrival = sql`(${ident(arrivalColumn)} - ${raw(String(source.first - 1))})`;
  if (isReadOnce) return { name: sql`(${rows}) AS staged`, arrival, isTable: false };
  const name = ident('temp', `_sluice_staging_${source.table.name}`);
  await session.run(sql`DROP TABLE IF EXISTS ${name}`, { signal });
  await session.run(sql`CREATE TEMP TABLE ${name} AS ${rows}`, { signal });
  return { name, arrival };
}

export async function dropStaging(session: Session, { name, isTable }: StagedRows): Promise<void> {
  if (isTable !== false) await session.run(sql`DROP TABLE IF EXISTS ${name}`);
}

/**
 * Every column by its type, and every file by one thread: nothing is left to be guessed. Where several threads share a
 * file, each guesses where a row begins, and can be wrong where rows are long or hold quotes, mostly with an error, at
 * times in silence (version 1.5.6).
 */
function selectStaged({ table, files, longest }: StagingSource): string {
  const columns = stagedColumns(table, duckDbDialect);
  // Names of fields may differ by case only, so columns go by their number here.
  const types = columns.map(({ type }, index) => `'c${index}': '${readType(type)}'`);
  const values = columns.map(({ name, type }, index) => `${taken(type, `c${index}`)} AS ${quote(name)}`);
  const size = Math.max(usualRow, longest + 1);
  return `SELECT ${values.join(', ')} FROM read_csv([${files.map(literal).join(', ')}],
    auto_detect = false, header = false, delim = ',', quote = '${textMark}', escape = '${textMark}', new_line = '\\n',
    nullstr = '', allow_quoted_nulls = false, columns = {${types.join(', ')}},
    max_line_size = ${size}, buffer_size = ${Math.max(usualBuffer, 2 * size)}, parallel = false)`;
}

const usualRow = 2_097_152;
const usualBuffer = 8_000_000;

const quote = duckDbDialect.quote;

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Of a time, DuckDB does not read `Z`; and what its reader cannot cast to this type it takes for NULL. */
function readType(type: string): string {
  return type === zonedTime ? 'VARCHAR' : type;
}

function taken(type: string, column: string): string {
  return type === zonedTime ? `CAST(replace(${column}, 'Z', '+00:00') AS ${type})` : column;
}

const zonedTime = duckDbDialect.types.time_with_timezone;
