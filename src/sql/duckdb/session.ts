import type * as DuckDb from '@duckdb/node-api';
import { InputError, SluiceError } from '../../errors.ts';
import { allRows } from '../all-rows.ts';
import type {
  EngineColumn,
  RowOptions,
  Session,
  SqlRow,
  StagedRows,
  StagingOptions,
  StagingSource,
  StatementOptions,
} from '../driver.ts';
import { ident, render, type Sql, sql } from '../sql.ts';
import { throwIfStopped } from '../stopped.ts';
import { timeReader } from '../time-codec.ts';
import { inTransaction } from '../transaction.ts';
import { duckDbDialect } from './dialect.ts';
import { duckDbError } from './failures.ts';
import type { DuckDbLibrary } from './library.ts';
import { dropStaging, loadStaging } from './load-staging.ts';
import type { MemoryHold } from './memory-hold.ts';
import { rowReader } from './values.ts';

/** Bytes, and columns: such rows need more memory than is left to a load of usual ones. */
const usuallyLongest = 100_000;
const usuallyMost = 100;

/** One connection to DuckDB: statements, one after the other. */
export class DuckDbSession implements Session {
  readonly dialect = duckDbDialect;
  readonly #library: DuckDbLibrary;
  readonly #connection: DuckDb.DuckDBConnection;
  readonly #where: string;
  readonly #hold: MemoryHold;
  #loadedBytes = 0;
  #isUsualLoad = true;

  constructor(
    library: DuckDbLibrary,
    connection: DuckDb.DuckDBConnection,
    { where, hold }: { readonly where: string; readonly hold: MemoryHold },
  ) {
    this.#library = library;
    this.#connection = connection;
    this.#where = where;
    this.#hold = hold;
  }

  /** How many bytes of rows were loaded in bulk. */
  get loadedBytes(): number {
    return this.#loadedBytes;
  }

  /** Whether all that was loaded was appended, and no row of it was unusually long or wide. */
  get isUsualLoad(): boolean {
    return this.#isUsualLoad;
  }

  async run(statement: Sql, { signal }: StatementOptions = {}): Promise<number> {
    const { text, values } = bound(statement);
    const result = await this.#guarded(signal, () => this.#connection.run(text, values));
    return result.rowsChanged;
  }

  query(statement: Sql, options?: RowOptions): Promise<readonly SqlRow[]> {
    return allRows(this.stream(statement, options));
  }

  async *stream(statement: Sql, { signal, times }: RowOptions = {}): AsyncIterable<readonly SqlRow[]> {
    const { text, values } = bound(statement);
    await this.#refuseSeveral(text, signal);
    const result = await this.#guarded(signal, () => this.#connection.stream(text, values));
    const read = rowReader(this.#library, result, timeReader(times));
    let isOpen = true;
    try {
      for (;;) {
        const chunk = await this.#guarded(signal, () => result.fetchChunk());
        isOpen = chunk !== null && chunk.rowCount > 0;
        if (chunk === null || !isOpen) return;
        yield read(chunk);
      }
    } finally {
      if (isOpen) await this.#finish(result);
    }
  }

  /** The library would run them all and show the last. Of one PIVOT it makes several, so these count only where a semicolon parts them. */
  async #refuseSeveral(text: string, signal: AbortSignal | undefined): Promise<void> {
    if (!/;\s*\S/.test(text)) return;
    const { count } = await this.#guarded(signal, () => this.#connection.extractStatements(text));
    if (count === 1) return;
    throw new InputError(`${this.#where}: these are several statements, and a query is one`, {
      guidance: 'Run them one after the other.',
    });
  }

  /** A result that is left half-read would keep the database open until it is collected as garbage. */
  async #finish(result: DuckDb.DuckDBResult): Promise<void> {
    this.#connection.interrupt();
    try {
      while (((await result.fetchChunk())?.rowCount ?? 0) > 0);
    } catch {
      // Interrupted, as it was to be.
    }
  }

  async tables(schema: string, options?: StatementOptions): Promise<readonly string[]> {
    const rows = await this.query(
      sql`SELECT table_name FROM information_schema.tables
          WHERE table_catalog = current_database() AND table_schema = ${schema} ORDER BY table_name`,
      options,
    );
    return rows.map((row) => String(row['table_name']));
  }

  async columns(
    schema: string,
    table: string,
    options?: StatementOptions,
  ): Promise<readonly EngineColumn[] | undefined> {
    try {
      // The views of the catalog are filled with all columns of all tables first: 6 ms a table where there are hundreds.
      const rows = await this.query(sql`DESCRIBE ${ident(schema, table)}`, options);
      return rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }));
    } catch (error) {
      if (error instanceof SluiceError && error.context['failure'] === 'undefined_relation') return undefined;
      throw error;
    }
  }

  async hasSchema(schema: string, options?: StatementOptions): Promise<boolean> {
    const found = await this.query(
      sql`SELECT 1 FROM information_schema.schemata
          WHERE catalog_name = current_database() AND schema_name = ${schema}`,
      options,
    );
    return found.length > 0;
  }

  async loadStaging(source: StagingSource, options: StagingOptions = {}): Promise<StagedRows> {
    this.#loadedBytes += source.bytes;
    const isUsual = source.longest <= usuallyLongest && source.table.columns.length <= usuallyMost;
    if (options.isReadOnce !== true || !isUsual) {
      this.#isUsualLoad = false;
      await this.#hold.lift(this.#connection);
    }
    return loadStaging(this, source, options);
  }

  dropStaging(staged: StagedRows): Promise<void> {
    return dropStaging(this, staged);
  }

  inTransaction<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const begin = sql`BEGIN TRANSACTION`;
    return inTransaction({ session: this, begin, work, signal, where: this.#where });
  }

  async #guarded<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    throwIfStopped(signal, this.#where);
    const interrupt = (): void => this.#connection.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      return await work();
    } catch (cause) {
      throw duckDbError(cause, this.#where, signal);
    } finally {
      signal?.removeEventListener('abort', interrupt);
    }
  }
}

function bound(statement: Sql): { readonly text: string; readonly values: DuckDb.DuckDBValue[] | undefined } {
  const { text, parameters } = render(statement, duckDbDialect);
  return { text, values: parameters.length === 0 ? undefined : [...parameters] };
}
