import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { openWorkspace } from '../executors/workspace.ts';
import type { Row } from '../protocol/messages.ts';
import { recordsOf } from '../protocol/record-batch.ts';
import { textLength } from '../protocol/text-length.ts';
import type { Driver, Queries } from '../sql/driver.ts';
import { openDuckDb } from '../sql/duckdb/driver.ts';
import { encodeRows } from '../sql/encode-rows.ts';
import { landRecords, prepareTable } from '../sql/land.ts';
import { ident, join as joined, type Sql, sql } from '../sql/sql.ts';
import type { StreamTable } from '../sql/stream-table.ts';
import { writeWhole } from './whole-file.ts';

interface ParquetOptions {
  readonly table: StreamTable;
  readonly where: Sql | undefined;
  /** The rows themselves, for engines that cannot write the file. */
  readonly rows: () => AsyncIterable<Row>;
  readonly signal: AbortSignal | undefined;
}

/** Writes rows to a Parquet file, columns named for the source's fields, and answers how many. */
export function writeParquet(driver: Driver, path: string, options: ParquetOptions): Promise<number> {
  refuseNameless(options.table);
  return writeWhole(path, (draft) =>
    driver.dialect.parquet === undefined ? copyElsewhere(draft, options) : copyOut(driver, draft, options),
  );
}

/** A Parquet file consists of columns with names. */
function refuseNameless({ name, columns }: StreamTable): void {
  const hasFields = columns.length > 0;
  if (hasFields && columns.every(({ field }) => field !== '')) return;
  throw new InputError(
    `${name}: ${hasFields ? 'a field without a name' : 'a stream that declares no fields'} cannot be written as Parquet`,
    { guidance: 'Write it by toJsonl, which keeps rows whole.' },
  );
}

async function copyOut(
  driver: Queries,
  path: string,
  { table, where, signal }: Pick<ParquetOptions, 'table' | 'where' | 'signal'>,
): Promise<number> {
  const columns = joined(table.columns.map(({ field, name }) => sql`${ident(name)} as ${ident(field)}`));
  const filter = where === undefined ? sql`` : sql` where ${where}`;
  const select = sql`select ${columns} from ${ident(table.schema, table.name)}${filter}`;
  const copy = driver.dialect.parquet?.(select, path);
  return copy === undefined ? 0 : driver.run(copy, { signal });
}

/** Other engines' rows are landed in a DuckDB of their own, exactly as in a cache, and go out from there. */
async function copyElsewhere(path: string, { table, rows, signal }: ParquetOptions): Promise<number> {
  await using workspace = await openWorkspace();
  await using driver = await openDuckDb({ path: join(workspace.folder, 'rows.duckdb') });
  const copied = { ...table, schema: driver.dialect.defaultSchema, name: 'rows', primaryKey: [] };
  await driver.transaction((session) => prepareTable(session, copied, { signal }), { signal });
  const encoder = encodeRows(copied, { syncId: 0, dialect: driver.dialect });
  const file = join(workspace.folder, 'rows.csv');
  const land = async (some: readonly Row[]): Promise<void> => {
    if (some.length === 0) return;
    const { bytes, ...counts } = encoder.encode(recordsOf({ name: 'rows' }, some, 0).lines());
    await appendFile(file, bytes, { mode: 0o600 });
    const source = {
      table: copied,
      files: [file],
      generationId: 0,
      syncId: 0,
      bytes: bytes.length,
      ...counts,
    };
    await driver.transaction((session) => landRecords(session, source, 'append', { signal }), { signal });
    await rm(file);
  };
  let some: Row[] = [];
  let length = 0;
  for await (const row of rows()) {
    some.push(row);
    length += textLength(row);
    if (some.length < rowsAtOnce && length < charactersAtOnce) continue;
    await land(some);
    some = [];
    length = 0;
  }
  await land(some);
  return await copyOut(driver, path, { table: copied, where: undefined, signal });
}

const rowsAtOnce = 10_000;
const charactersAtOnce = 16_000_000;
