import type { Client } from 'pg';
import type { Dialect } from '../dialect.ts';
import type { Driver, Queries, Session, StatementOptions } from '../driver.ts';
import { throwIfStopped } from '../stopped.ts';
import { openTurns } from '../turns.ts';
import {
  type Connection,
  type ConnectionManner,
  connect,
  describeTarget,
  type PostgresTarget,
} from './connect.ts';
import { postgresDialect } from './dialect.ts';
import { PostgresSession } from './session.ts';

interface PostgresOptions extends ConnectionManner {
  /** How long a statement waits for a connection that holds what it needs and does nothing. */
  readonly lockTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens a PostgreSQL database: one connection at first, more as they are needed. */
export async function openPostgres(
  target: PostgresTarget,
  { signal, lockTimeoutMs = 30_000, ...manner }: PostgresOptions = {},
): Promise<Driver> {
  const first = await connect(target, manner, signal);
  return new PostgresDriver({ target, manner, first, lockTimeoutMs });
}

/**
 * Statements share few connections, transactions take turns on one, and each loop over rows has one of its own, so
 * that a dataset can be read while rows are landed. A connection that failed, or that a statement was cancelled on, is
 * not used again.
 */
class PostgresDriver implements Driver {
  readonly dialect: Dialect;
  readonly description: string;
  readonly #target: PostgresTarget;
  readonly #manner: ConnectionManner;
  readonly #lockTimeoutMs: number;
  readonly #idle: Connection[];
  readonly #open = new Set<Connection>();
  readonly #turns = openTurns();
  #statements = 0;
  readonly #waiting: (() => void)[] = [];

  constructor({ target, manner, first, lockTimeoutMs }: DriverParts) {
    this.#target = target;
    this.#manner = manner;
    this.#lockTimeoutMs = lockTimeoutMs;
    this.description = describeTarget(target);
    this.dialect = postgresDialect(first.version);
    this.#idle = [first];
    this.#open.add(first);
  }

  run: Queries['run'] = (statement, options) =>
    this.#once((session) => session.run(statement, options), options);
  query: Queries['query'] = (statement, options) =>
    this.#once((session) => session.query(statement, options), options);
  tables: Queries['tables'] = (schema, options) =>
    this.#once((session) => session.tables(schema, options), options);
  columns: Queries['columns'] = (schema, table, options) =>
    this.#once((session) => session.columns(schema, table, options), options);
  hasSchema: Queries['hasSchema'] = (schema, options) =>
    this.#once((session) => session.hasSchema(schema, options), options);

  stream: Queries['stream'] = (statement, options) => this.#streaming(statement, options);

  async transaction<T>(
    work: (session: Session) => Promise<T>,
    { signal }: StatementOptions = {},
  ): Promise<T> {
    return this.#turns.take(async () => {
      throwIfStopped(signal, this.description);
      return this.#withSession((session) => session.inTransaction(() => work(session), signal), signal);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turns.ended();
    const open = [...this.#open];
    this.#open.clear();
    this.#idle.length = 0;
    await Promise.all(open.map((connection) => connection.close()));
  }

  async *#streaming(...[statement, options]: Parameters<Queries['stream']>): ReturnType<Queries['stream']> {
    const connection = await this.#take(options?.signal);
    try {
      yield* this.#session(connection).stream(statement, options);
    } finally {
      await this.#giveBack(connection, options?.signal);
    }
  }

  /** A statement outside a transaction, of which few run at a time. */
  async #once<T>(
    work: (session: PostgresSession) => Promise<T>,
    { signal }: StatementOptions = {},
  ): Promise<T> {
    while (this.#statements >= mostStatements) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#statements += 1;
    try {
      return await this.#withSession(work, signal);
    } finally {
      this.#statements -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #withSession<T>(
    work: (session: PostgresSession) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const connection = await this.#take(signal);
    try {
      return await work(this.#session(connection));
    } finally {
      await this.#giveBack(connection, signal);
    }
  }

  #session(connection: Connection): PostgresSession {
    return new PostgresSession({
      connection,
      dialect: this.dialect,
      where: this.description,
      lockTimeoutMs: this.#lockTimeoutMs,
      beside: (work) => this.#beside(work),
    });
  }

  async #take(signal: AbortSignal | undefined): Promise<Connection> {
    for (;;) {
      const idle = this.#idle.pop();
      if (idle === undefined) break;
      if (!idle.isBroken) return idle;
      this.#open.delete(idle);
    }
    const connection = await connect(this.#target, this.#manner, signal);
    this.#open.add(connection);
    return connection;
  }

  async #giveBack(connection: Connection, signal: AbortSignal | undefined): Promise<void> {
    if (!connection.isBroken && signal?.aborted !== true && this.#idle.length < mostIdle) {
      if (this.#open.has(connection)) this.#idle.push(connection);
      return;
    }
    if (this.#open.delete(connection)) await connection.close();
  }

  /** Over a connection of its own: one that is at work hears nothing else. */
  async #beside<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const other = await connect(this.#target, this.#manner);
    try {
      return await work(other.client);
    } finally {
      await other.close();
    }
  }
}

interface DriverParts {
  readonly target: PostgresTarget;
  readonly manner: ConnectionManner;
  readonly first: Connection;
  readonly lockTimeoutMs: number;
}

const mostStatements = 3;
const mostIdle = 2;
