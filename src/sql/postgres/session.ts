import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Dialect } from '../dialect.ts';
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
import type { Connection } from './connect.ts';
import { postgresError } from './failures.ts';
import { dropStaging, loadStaging } from './load-staging.ts';
import { type BoundStatement, Portal } from './portal.ts';
import { rowReader } from './values.ts';
import { watchLocks } from './watch-locks.ts';

interface SessionOptions {
  readonly connection: Connection;
  readonly dialect: Dialect;
  readonly where: string;
  /** How long a statement waits for a connection that holds what it needs and does nothing. */
  readonly lockTimeoutMs: number;
  /** Work over a connection of its own: the one that is at work hears nothing else. */
  readonly beside: <T>(work: (client: Client) => Promise<T>) => Promise<T>;
}

/** One connection to PostgreSQL: statements, one after the other. */
export class PostgresSession implements Session {
  readonly dialect: Dialect;
  readonly #connection: Connection;
  readonly #where: string;
  readonly #lockTimeoutMs: number;
  readonly #beside: SessionOptions['beside'];

  constructor({ connection, dialect, where, lockTimeoutMs, beside }: SessionOptions) {
    this.#connection = connection;
    this.dialect = dialect;
    this.#where = where;
    this.#lockTimeoutMs = lockTimeoutMs;
    this.#beside = beside;
  }

  async run(statement: Sql, { signal }: StatementOptions = {}): Promise<number> {
    const { text, values } = this.#bound(statement);
    const { client } = this.#connection;
    const { rowCount } = await this.guarded(signal, () => client.query({ text, values: [...values] }));
    return rowCount ?? 0;
  }

  async query(statement: Sql, { signal, times }: RowOptions = {}): Promise<readonly SqlRow[]> {
    const { text, values } = this.#bound(statement);
    const { client } = this.#connection;
    const { fields, rows } = await this.guarded(signal, () =>
      client.query<(string | null)[]>({ text, values: [...values], rowMode: 'array' }),
    );
    return rows.map(rowReader(fields, timeReader(times)));
  }

  async *stream(statement: Sql, { signal, times }: RowOptions = {}): AsyncIterable<readonly SqlRow[]> {
    const portal = new Portal(this.#bound(statement), rowsAtOnce);
    try {
      let read: ReturnType<typeof rowReader> | undefined;
      for (;;) {
        const page = await this.guarded(signal, () => {
          if (read === undefined) this.#connection.client.query(portal);
          return portal.next();
        });
        read ??= rowReader(page.fields, timeReader(times));
        if (page.rows.length > 0) yield page.rows.map(read);
        if (page.isLast) return;
      }
    } finally {
      // Whatever goes wrong by now concerns nobody's rows; a connection that failed is not used again.
      if (!this.#connection.isBroken) await portal.close().catch(() => undefined);
    }
  }

  async tables(schema: string, options?: StatementOptions): Promise<readonly string[]> {
    const rows = await this.query(
      sql`SELECT relname FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
          AND relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = ${schema}) ORDER BY relname COLLATE "C"`,
      options,
    );
    return rows.map((row) => String(row['relname']));
  }

  async columns(
    schema: string,
    table: string,
    options?: StatementOptions,
  ): Promise<readonly EngineColumn[] | undefined> {
    const rows = await this.query(
      sql`SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type
          FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
          LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          WHERE n.nspname = ${schema} AND c.relname = ${table} AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
          ORDER BY a.attnum`,
      options,
    );
    if (rows.length === 0) return undefined;
    return rows
      .filter((row) => row['attname'] !== null)
      .map((row) => ({ name: String(row['attname']), type: String(row['type']) }));
  }

  async hasSchema(schema: string, options?: StatementOptions): Promise<boolean> {
    const found = await this.query(
      sql`SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = ${schema}`,
      options,
    );
    return found.length > 0;
  }

  loadStaging(source: StagingSource, options: StatementOptions = {}): Promise<StagedRows> {
    return loadStaging(this, this.#connection.client, source, options);
  }

  dropStaging(staged: StagedRows): Promise<void> {
    return dropStaging(this, staged);
  }

  inTransaction<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const begin = sql`BEGIN ISOLATION LEVEL READ COMMITTED`;
    const rollBack = async () => {
      if (!this.#connection.isBroken) await this.run(sql`ROLLBACK`).catch(() => this.#connection.cut());
    };
    return inTransaction({ session: this, begin, work, signal, where: this.#where, rollBack });
  }

  /** Work on the connection that the signal ends, with errors in one line. */
  async guarded<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    throwIfStopped(signal, this.#where);
    const settled = new AbortController();
    const watch = watchLocks({
      backend: this.#connection.backend,
      where: this.#where,
      lockTimeoutMs: this.#lockTimeoutMs,
      beside: this.#beside,
      settled: settled.signal,
    });
    let ending: Promise<void> | undefined;
    const end = (): void => {
      ending = this.#end(settled.signal);
    };
    signal?.addEventListener('abort', end, { once: true });
    try {
      return await work();
    } catch (cause) {
      settled.abort();
      const busy = signal?.aborted === true ? undefined : await watch;
      throw busy ?? postgresError(cause, this.#where, signal);
    } finally {
      signal?.removeEventListener('abort', end);
      settled.abort();
      // A cancellation that comes late must not meet the next statement.
      await Promise.all([ending, watch]);
    }
  }

  /**
   * Ends the statement under way. A cancellation that comes before the server has begun with it is lost, so it is said
   * again; where it cannot be said, or nothing comes of it, the connection is given up.
   */
  async #end(settled: AbortSignal): Promise<void> {
    for (const pauseMs of pausesMs) {
      try {
        const { backend } = this.#connection;
        await this.#beside((client) => client.query('SELECT pg_cancel_backend($1)', [backend]));
        await wait(pauseMs, undefined, { signal: settled });
      } catch {
        break;
      }
    }
    if (!settled.aborted) this.#connection.cut();
  }

  #bound(statement: Sql): BoundStatement {
    const { text, parameters } = render(statement, this.dialect);
    return { text, values: parameters.map((value) => (value === null ? null : String(value))) };
  }
}

const rowsAtOnce = 2000;
const pausesMs = [20, 50, 100, 200, 500, 1000, 2000];
