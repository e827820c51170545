import type { Session, StagedRows, StagingSource, StatementOptions } from '../driver.ts';
import { ident, raw, sql } from '../sql.ts';
import { stagedColumns } from '../staged-rows.ts';
import { duckDbDialect } from './dialect.ts';

/** Lands staged rows in a temporary table, whose rowid is the order in which they came. */
export async function loadStaging(
  session: Session,
  source: StagingSource,
  options: StatementOptions,
): Promise<StagedRows> {
  const name = ident('temp', `_sluice_staging_${source.table.name}`);
  await session.run(sql`DROP TABLE IF EXISTS ${name}`, options);
  await session.run(sql`CREATE TEMP TABLE ${name} AS ${raw(selectStaged(source))}`, options);
  const [first] = await session.query(sql`SELECT min(rowid) AS first FROM ${name}`, options);
  // Inside a transaction, rowid counts from somewhere beyond 2^53.
  return { name, arrival: raw(`(rowid - ${String(first?.['first'] ?? 0)} + 1)`) };
}

export async function dropStaging(session: Session, { name }: StagedRows): Promise<void> {
  await session.run(sql`DROP TABLE IF EXISTS ${name}`);
}

/** Every column by its type: nothing is left to be guessed from the values. */
function selectStaged({ table, files, longest }: StagingSource): string {
  const columns = stagedColumns(table, duckDbDialect);
  // Names of fields may differ by case only, so columns go by their number here.
  const types = columns.map(({ type }, index) => `'c${index}': '${readType(type)}'`);
  const values = columns.map(({ name, type }, index) => `${taken(type, `c${index}`)} AS ${quote(name)}`);
  const size = Math.max(usualRow, longest + 1);
  return `SELECT ${values.join(', ')} FROM read_csv([${files.map(literal).join(', ')}],
    auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', new_line = '\\n',
    nullstr = '', allow_quoted_nulls = false, columns = {${types.join(', ')}},
    max_line_size = ${size}, buffer_size = ${Math.max(usualBuffer, 2 * size)})`;
}

const usualRow = 2_097_152;
const usualBuffer = 32_000_000;

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
