import { InputError } from '../errors.ts';
import type { Row } from '../protocol/messages.ts';
import { isEmptySql } from '../sql/no-statement.ts';
import { rowOf, selectRows } from '../sql/rows.ts';
import { ident, inner, isSql, type Sql, sql } from '../sql/sql.ts';
import { metaColumns } from '../sql/stream-table.ts';
import type { TimeCodec } from '../sql/time-codec.ts';
import type { CachedStream } from './cache-streams.ts';
import { checkTimes, timeDecoder } from './decode-times.ts';
import { writeParquet } from './parquet.ts';
import { type RowReading, selectColumns } from './row-reading.ts';
import { checkFile, type RowSet, type RowsOptions, rowSet } from './row-set.ts';
import type { SharedDriver } from './shared-driver.ts';
import { readStatistics, type Statistics } from './statistics.ts';

/** What a dataset is made of: a stream that rests in a cache, or a table that is read in a way of its own. */
export interface DatasetStream extends Pick<CachedStream, 'label' | 'table' | 'jsonSchema'> {
  readonly reading?: RowReading | undefined;
}

interface DatasetOptions {
  readonly shared: SharedDriver;
  readonly stream: DatasetStream;
  readonly where?: Sql | undefined;
  /** How dates and times come back; ISO texts unless given. */
  readonly times?: TimeCodec | undefined;
}

/** The rows of one stream as they rest in a cache: each as the source gave it, under the source's own field names. */
export class Dataset implements RowSet {
  readonly #options: DatasetOptions;
  readonly #shared: SharedDriver;
  readonly #stream: DatasetStream;
  readonly #where: Sql | undefined;
  readonly #rows: RowSet;

  constructor(options: DatasetOptions) {
    const { shared, stream, where, times } = options;
    const { label, table, reading } = stream;
    this.#options = options;
    this.#shared = shared;
    this.#stream = stream;
    this.#where = where;
    this.#rows = rowSet({
      shared,
      name: label,
      statement: reading?.select(where) ?? selectRows(table, where === undefined ? {} : { where }),
      rowOf: (row) => reading?.rowOf(row) ?? rowOf(table, row),
      fields:
        reading?.hasColumns === false ? () => fieldsOf(this.#rows) : table.columns.map(({ field }) => field),
      decode: timeDecoder(table, times),
    });
  }

  /** The stream's label: `users`, or `crm.users` with a namespace. */
  get name(): string {
    return this.#stream.label;
  }

  /** The table's name, for use in a statement: `` sql`select * from ${users.table}` ``. */
  get table(): Sql {
    return ident(this.#stream.table.schema, this.#stream.table.name);
  }

  /** The JSON Schema of the rows, as the source gave it. */
  get jsonSchema(): Readonly<Record<string, unknown>> {
    return this.#stream.jsonSchema;
  }

  /** The columns of the table that hold the stream's fields. */
  get columns(): readonly DatasetColumn[] {
    return this.#stream.table.columns;
  }

  /** How many rows there are. */
  async count({ signal }: RowsOptions = {}): Promise<number> {
    await using use = await this.#shared.use();
    const where = this.#where === undefined ? sql`` : sql` where ${this.#where}`;
    const [row] = await use.driver.query(sql`select count(*) as n from ${this.table}${where}`, { signal });
    return Number(row?.['n'] ?? 0);
  }

  /** The rows for which a condition holds; conditions add up: `` users.filter(sql`age > ${18}`) ``. */
  filter(condition: Sql): Dataset {
    checkSql(condition, `${this.name}: filter`);
    const where =
      this.#where === undefined ? sql`(${inner(condition)})` : sql`${this.#where} and (${inner(condition)})`;
    return new Dataset({ ...this.#options, where });
  }

  /** The same rows with dates and times as a codec makes them, here and in queries: `users.withTimes('date')`. */
  withTimes(times: TimeCodec): Dataset {
    checkTimes(times, `${this.name}: withTimes`);
    return new Dataset({ ...this.#options, times });
  }

  /** The rows that a statement finds, where `rows` is the table of this dataset's rows: `` sql`select max(age) from rows` ``. */
  query(statement: Sql): RowSet {
    checkSql(statement, `${this.name}: query`);
    const where = this.#where === undefined ? sql`` : sql` where ${this.#where}`;
    return rowSet({
      shared: this.#shared,
      name: this.name,
      statement: sql`with rows as (select * from ${this.table}${where}) select * from (${inner(statement)}) as found`,
      rowOf: (row) => row,
      times: this.#options.times,
    });
  }

  [Symbol.asyncIterator](): AsyncGenerator<Row, void, undefined> {
    return this.#rows.rows();
  }

  rows(options: RowsOptions = {}): AsyncGenerator<Row, void, undefined> {
    return this.#rows.rows(options);
  }

  toArray(options: RowsOptions = {}): Promise<readonly Row[]> {
    return this.#rows.toArray(options);
  }

  toJsonl(path: string, options: RowsOptions = {}): Promise<number> {
    return this.#rows.toJsonl(path, options);
  }

  toCsv(path: string, options: RowsOptions = {}): Promise<number> {
    return this.#rows.toCsv(path, options);
  }

  /**
   * Writes a Parquet file with a column for each of the source's fields, and answers how many rows. It has what the
   * table's columns hold: null and absent are alike. The file appears when it is whole.
   */
  async toParquet(path: string, { signal }: RowsOptions = {}): Promise<number> {
    await checkFile(path, `${this.name}: toParquet`);
    await using use = await this.#shared.use();
    const { table, reading } = this.#stream;
    const rows =
      reading === undefined
        ? this.withTimes('string')
        : rowSet({
            shared: this.#shared,
            name: this.name,
            statement: selectColumns(table, this.#where),
            rowOf: (row) => row,
          });
    const options = { table, where: this.#where, rows: () => rows.rows({ signal }), signal };
    return await writeParquet(use.driver, path, options);
  }

  /** How many rows there are, from when to when, and of each column how many NULLs and its bounds. */
  async statistics({ signal }: RowsOptions = {}): Promise<Statistics> {
    await using use = await this.#shared.use();
    const { table, reading } = this.#stream;
    const extractedAt = reading === undefined ? metaColumns.extractedAt : reading.extractedAt;
    return await readStatistics(use.driver, { table, extractedAt, where: this.#where }, { signal });
  }
}

/** The fields of all rows, where no column tells them. */
async function fieldsOf(rows: RowSet): Promise<readonly string[]> {
  const fields = new Set<string>();
  for await (const row of rows) for (const field of Object.keys(row)) fields.add(field);
  return [...fields];
}

/** A column of a stream's table: the source's field, and what the table calls it. */
export interface DatasetColumn {
  readonly field: string;
  readonly name: string;
  readonly type: string;
}

/** Refuses texts where SQL is wanted: a text could carry anything. */
export function checkSql(statement: unknown, who: string): void {
  if (isSql(statement)) {
    if (!isEmptySql(statement)) return;
    throw new InputError(`${who} is given nothing but spaces, semicolons or comments`);
  }
  throw new InputError(`${who} takes a statement made by the sql template`, {
    guidance: 'Write it as sql`…`: values that are put in are bound, never pasted into the text.',
  });
}
