import { setImmediate as breathe, setTimeout as wait } from 'node:timers/promises';
import { textLength } from '../../protocol/text-length.ts';
import { allRows } from '../all-rows.ts';
import type {
  EngineColumn,
  RowOptions,
  Session,
  SqlRow,
  StagedRows,
  StagingSource,
  StatementOptions,
} from '../driver.ts';
import { render, type Sql, sql } from '../sql.ts';
import { throwIfStopped } from '../stopped.ts';
import { timeReader } from '../time-codec.ts';
import { inTransaction } from '../transaction.ts';
import { sqliteDialect } from './dialect.ts';
import { busyError, isBusy, sqliteError } from './failures.ts';
import type { SqliteConnection, SqliteStatement, SqliteValue } from './library.ts';
import { appendRows, type LoadingOptions, loadStaging } from './load-staging.ts';
import { jsonFunction } from './record-lines.ts';
import { boundValue, rowReader } from './values.ts';

interface SessionOptions {
  readonly connection: SqliteConnection;
  readonly path: string;
  /** What it is connected to, for messages. */
  readonly where: string;
  readonly lockTimeoutMs: number;
  readonly readOnly: boolean;
}

/**
 * One connection to SQLite: statements, one after the other. They run in this thread, so that a statement cannot be
 * stopped before it gives rows; between rows, a thousand at a time, the signal is obeyed and others have their turn.
 */
export class SqliteSession implements Session {
  readonly dialect = sqliteDialect;
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    this.#options = options;
    options.connection.define(jsonFunction, (value) =>
      typeof value === 'bigint' ? String(value) : JSON.stringify(value),
    );
  }

  async run(statement: Sql, { signal }: StatementOptions = {}): Promise<number> {
    const { text, values } = bound(statement);
    const work = () => {
      const prepared = this.#options.connection.prepare(text);
      return prepared.columns.length === 0 ? prepared.run(values) : [...prepared.rows(values)].length;
    };
    return this.#patiently(signal, work, text);
  }

  query(statement: Sql, options?: RowOptions): Promise<readonly SqlRow[]> {
    return allRows(this.stream(statement, options));
  }

  async *stream(statement: Sql, { signal, times }: RowOptions = {}): AsyncIterable<readonly SqlRow[]> {
    const { text, values } = bound(statement);
    const { rows, first, columns } = await this.#patiently(
      signal,
      () => begin(this.#options.connection.prepare(text), values),
      text,
    );
    const read = rowReader(columns, timeReader(times));
    try {
      for (
        let slice = first;
        slice.rows.length > 0;
        slice = await this.#patiently(signal, () => take(rows))
      ) {
        yield slice.rows.map(read);
        if (slice.isLast) return;
        await breathe();
      }
    } finally {
      rows.return?.();
    }
  }

  /** There is one, and none can be made. */
  async hasSchema(schema: string): Promise<boolean> {
    return schema === sqliteDialect.defaultSchema;
  }

  async tables(schema: string, options?: StatementOptions): Promise<readonly string[]> {
    if (schema !== sqliteDialect.defaultSchema) return [];
    const rows = await this.query(
      sql`SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' ORDER BY name`,
      options,
    );
    return rows.map((row) => String(row['name']));
  }

  async columns(
    schema: string,
    table: string,
    options?: StatementOptions,
  ): Promise<readonly EngineColumn[] | undefined> {
    const rows = await this.query(
      sql`SELECT name, type FROM pragma_table_info(${table}, ${schema})`,
      options,
    );
    if (rows.length === 0) return undefined;
    return rows.map((row) => ({ name: String(row['name']), type: String(row['type']) }));
  }

  loadStaging(source: StagingSource, options: StatementOptions = {}): Promise<StagedRows> {
    return loadStaging(this, source, this.#loading(options));
  }

  appendRows(source: StagingSource, lastPosition: number, options: StatementOptions = {}): Promise<void> {
    return appendRows(source, lastPosition, this.#loading(options));
  }

  #loading({ signal }: StatementOptions): LoadingOptions {
    const { connection } = this.#options;
    return {
      signal,
      prepare: (statement) => connection.prepare(statement),
      slice: async (work) => {
        await this.#patiently(signal, work);
        await breathe();
      },
    };
  }

  async dropStaging({ name }: StagedRows): Promise<void> {
    await this.run(sql`DROP TABLE IF EXISTS ${name}`);
  }

  inTransaction<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    // The right to write is taken at once: two that read first could not both go on to write.
    const begin = sql`BEGIN IMMEDIATE`;
    return inTransaction({ session: this, begin, work, signal, where: this.#options.where });
  }

  close(): void {
    this.#options.connection.close();
  }

  /** Waits for another connection that holds the file, without holding up this process. */
  async #patiently<T>(signal: AbortSignal | undefined, work: () => T, text = ''): Promise<T> {
    const { path, where, lockTimeoutMs, readOnly } = this.#options;
    const isWrite = readOnly && text !== '' && !/^\s*(select|with|values|explain)\b/i.test(text);
    return patiently(work, { path, where, lockTimeoutMs, signal, isWrite });
  }
}

interface Patience {
  readonly path: string;
  readonly where: string;
  readonly lockTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Whether it is a statement that does more than read, at a connection that only reads. */
  readonly isWrite?: boolean;
}

/** Tries until the file is free or the time is up. */
export async function patiently<T>(
  work: () => T,
  { path, where, lockTimeoutMs, signal, isWrite }: Patience,
): Promise<T> {
  const deadline = Date.now() + lockTimeoutMs;
  for (let pauseMs = 1; ; pauseMs = Math.min(100, pauseMs * 2)) {
    throwIfStopped(signal, where);
    try {
      return work();
    } catch (cause) {
      if (!isBusy(cause)) throw sqliteError(cause, where, isWrite);
      if (Date.now() >= deadline) throw await busyError(cause, where, path);
    }
    // Nobody announces the end of a lock. Aborting wakes it; what follows from that is said above.
    const leftMs = Math.max(1, deadline - Date.now());
    await wait(Math.min(pauseMs, leftMs), undefined, signal === undefined ? {} : { signal }).catch(
      () => undefined,
    );
  }
}

/** As many rows as are read or written before others have their turn. */
const sliceRows = 1000;
/** Characters: of rows of megabytes a few are read at a time. */
const sliceLength = 8_000_000;

function begin(prepared: SqliteStatement, values: readonly SqliteValue[]) {
  if (prepared.columns.length === 0) prepared.run(values);
  const rows = prepared.columns.length === 0 ? [].values() : prepared.rows(values);
  return { rows, first: take(rows), columns: prepared.columns };
}

function take(rows: Iterator<readonly SqliteValue[]>) {
  const some: (readonly SqliteValue[])[] = [];
  for (let length = 0; some.length < sliceRows && length < sliceLength; ) {
    const next = rows.next();
    if (next.done === true) return { rows: some, isLast: true };
    some.push(next.value);
    length += textLength(next.value);
  }
  return { rows: some, isLast: false };
}

function bound(statement: Sql): { readonly text: string; readonly values: readonly SqliteValue[] } {
  const { text, parameters } = render(statement, sqliteDialect);
  return { text, values: parameters.map(boundValue) };
}
