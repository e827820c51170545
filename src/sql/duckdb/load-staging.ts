import type { Session, StagedRows, StagingSource, StatementOptions } from '../driver.ts';
import { ident, join, raw, type Sql, sql } from '../sql.ts';
import { metaColumns, type StreamTable } from '../stream-table.ts';
import { type NumberedLine, writeCheckedFile } from './checked-file.ts';
import { duckDbDialect } from './dialect.ts';
import { guessTemplate } from './line-template.ts';
import { doubtfulColumn, literal, stagingSelect, textAsTaken } from './staging-sql.ts';
import { linesOf, type Survey, surveyLines } from './survey-lines.ts';

/**
 * Lands RECORD lines in a temporary table, whose rowid is the order in which they came. DuckDB reads them by itself
 * where it can vouch for every value; lines that it cannot vouch for, and files that it cannot read, are read by
 * checkRow.
 */
export async function loadStaging(
  session: Session,
  source: StagingSource,
  options: StatementOptions,
): Promise<StagedRows> {
  const name = ident('temp', `_sluice_staging_${source.table.name}`);
  await session.run(sql`DROP TABLE IF EXISTS ${name}`, options);
  const survey = await surveyLines(source.files);
  if (survey.isPlain && survey.bytes > 0 && survey.longest <= longestLine) {
    await loadByEngine(session, name, source, survey, options);
    await settleDoubtful(session, name, source, options);
  } else {
    await session.run(sql`CREATE TEMP TABLE ${name} (${stagingDefinition(source.table)})`, options);
    await loadExactly(session, name, source, options);
  }
  const [counts] = await session.query(
    sql`SELECT count(*) AS rows, count(*) FILTER (WHERE ${ident(metaColumns.raw)} IS NOT NULL
        AND json_array_length(${ident(metaColumns.meta)}, '$.changes') > 0) AS nulled,
        min(rowid) AS first FROM ${name}`,
    options,
  );
  // Inside a transaction, rowid counts from somewhere beyond 2^53.
  const arrival = raw(`(rowid - ${String(counts?.['first'] ?? 0)} + 1)`);
  return { name, arrival, rows: Number(counts?.['rows']), nulledRows: Number(counts?.['nulled']) };
}

export async function dropStaging(session: Session, { name }: StagedRows): Promise<void> {
  await session.run(sql`DROP TABLE IF EXISTS ${name}`);
}

/** DuckDB's reader holds several buffers of many such lines. */
const longestLine = 8_000_000;

async function loadByEngine(
  session: Session,
  name: Sql,
  { table, files, syncId }: StagingSource,
  { longest }: Survey,
  options: StatementOptions,
): Promise<void> {
  const [first = ''] = files;
  const template = await guessTemplate(first, table);
  const meta = JSON.stringify({ sync_id: syncId, changes: [] });
  const select = stagingSelect(table, { files, template, meta, longest });
  await session.run(sql`CREATE TEMP TABLE ${name} AS ${raw(select)}`, options);
}

/** Reads again, exactly, the lines that DuckDB could not vouch for; they keep their place. */
async function settleDoubtful(
  session: Session,
  name: Sql,
  source: StagingSource,
  options: StatementOptions,
): Promise<void> {
  const doubtful = ident(doubtfulColumn);
  const lines = session.stream(
    sql`SELECT rowid AS place, ${doubtful} AS line FROM ${name} WHERE ${doubtful} IS NOT NULL`,
    options,
  );
  await using checked = await writeCheckedFile(checkedPath(source), numbered(lines), source);
  if (checked.rows === 0) return;
  const set = stagingNames(source.table).map((column) => sql`${ident(column)} = checked.${ident(column)}`);
  await session.run(
    sql`UPDATE ${name} AS staged SET ${join(set)} FROM (${raw(checkedSelect(source.table, checked))}) AS checked
        WHERE staged.rowid = checked.place`,
    options,
  );
}

async function loadExactly(
  session: Session,
  name: Sql,
  source: StagingSource,
  options: StatementOptions,
): Promise<void> {
  await using checked = await writeCheckedFile(
    checkedPath(source),
    numberedFrom(linesOf(source.files)),
    source,
  );
  if (checked.rows === 0) return;
  const names = join(stagingNames(source.table).map((column) => ident(column)));
  await session.run(
    sql`INSERT INTO ${name} (${names}) SELECT ${names} FROM (${raw(checkedSelect(source.table, checked))}) ORDER BY place`,
    options,
  );
}

function checkedPath({ files: [first = ''] }: StagingSource): string {
  return `${first}.checked`;
}

async function* numbered(
  rows: AsyncIterable<readonly Readonly<Record<string, unknown>>[]>,
): AsyncIterable<NumberedLine> {
  for await (const some of rows) {
    for (const row of some) yield { place: String(row['place']), line: String(row['line']) };
  }
}

async function* numberedFrom(lines: AsyncIterable<string>): AsyncIterable<NumberedLine> {
  let place = 0;
  for await (const line of lines) {
    yield { place: String(place), line };
    place += 1;
  }
}

function stagingNames({ columns }: Pick<StreamTable, 'columns'>): readonly string[] {
  return [
    ...columns.map(({ name }) => name),
    metaColumns.extractedAt,
    metaColumns.meta,
    metaColumns.form,
    metaColumns.raw,
    doubtfulColumn,
  ];
}

function stagingDefinition({ columns }: StreamTable): Sql {
  const types = [
    ...columns.map(({ type }) => duckDbDialect.types[type]),
    duckDbDialect.meta.instant,
    'JSON',
    'UTINYINT',
    'VARCHAR',
    'VARCHAR',
  ];
  return join(stagingNames({ columns }).map((name, index) => sql`${ident(name)} ${raw(types[index] ?? '')}`));
}

/** The checked values are texts that the columns' types take without losing anything. */
function checkedSelect(
  { columns }: StreamTable,
  { path, longest }: { readonly path: string; readonly longest: number },
): string {
  const values = columns.map(
    ({ name, type }, index) =>
      `CAST(${textAsTaken(type, `v[${index + 1}]`)} AS ${duckDbDialect.types[type]}) AS ${duckDbDialect.quote(name)}`,
  );
  const ours = [
    `make_timestamptz(e * 1000) AS ${duckDbDialect.quote(metaColumns.extractedAt)}`,
    `CAST(meta AS JSON) AS ${duckDbDialect.quote(metaColumns.meta)}`,
    `form AS ${duckDbDialect.quote(metaColumns.form)}`,
    `raw AS ${duckDbDialect.quote(metaColumns.raw)}`,
    `CAST(NULL AS VARCHAR) AS ${duckDbDialect.quote(doubtfulColumn)}`,
  ];
  return `SELECT place, ${[...values, ...ours].join(', ')} FROM read_json(${literal(path)}, format = 'newline_delimited',
    maximum_object_size = ${Math.max(16_777_216, longest + 1024)}, columns = {'place': 'BIGINT', 'v': 'VARCHAR[]', 'e': 'BIGINT',
    'meta': 'VARCHAR', 'form': 'UTINYINT', 'raw': 'VARCHAR'})`;
}
