import { setTimeout as wait } from 'node:timers/promises';
import type * as DuckDb from '@duckdb/node-api';
import { messageOf } from '../../errors.ts';
import { mask, maskable } from '../../secrets.ts';
import type { Driver, Queries, Session, StatementOptions } from '../driver.ts';
import { throwIfStopped } from '../stopped.ts';
import { openTurns } from '../turns.ts';
import { duckDbDialect } from './dialect.ts';
import { duckDbError, isLocked, lockedError } from './failures.ts';
import { type DuckDbLibrary, duckDbLibrary } from './library.ts';
import { DuckDbSession } from './session.ts';

export interface DuckDbOptions {
  /** The database file, `:memory:`, or a MotherDuck connection string. */
  readonly path: string;
  /** For MotherDuck; it goes to the library alone, never into the path. */
  readonly motherDuckToken?: string | undefined;
  readonly readOnly?: boolean | undefined;
  /** How long to wait for another process that holds the file. */
  readonly lockTimeoutMs?: number | undefined;
  /** After how many bytes of rows the library is made to forget what it has loaded. */
  readonly forgetAfterBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens a DuckDB database. The heavy library is loaded here, not before. */
export async function openDuckDb(options: DuckDbOptions): Promise<Driver> {
  const library = await duckDbLibrary();
  const description =
    options.path === ':memory:' ? 'DuckDB in memory' : `DuckDB ${options.path.split('?', 1)[0]}`;
  const instance = await openInstance(library, options, description);
  return new DuckDbDriver(library, instance, description, options.forgetAfterBytes);
}

async function openInstance(
  { api }: DuckDbLibrary,
  { path, motherDuckToken, readOnly = false, lockTimeoutMs = 0, signal }: DuckDbOptions,
  where: string,
): Promise<DuckDb.DuckDBInstance> {
  const deadline = Date.now() + lockTimeoutMs;
  for (;;) {
    throwIfStopped(signal, where);
    try {
      const config = {
        access_mode: readOnly ? 'READ_ONLY' : 'AUTOMATIC',
        ...(motherDuckToken === undefined ? {} : { motherduck_token: motherDuckToken }),
      };
      // One file, one instance in this process: closing a second one would give up the lock of the first.
      if (path !== ':memory:') return await api.DuckDBInstance.fromCache(path, config);
      return await api.DuckDBInstance.create(path, config);
    } catch (thrown) {
      const cause = motherDuckToken === undefined ? thrown : withoutToken(thrown, motherDuckToken);
      if (!isLocked(cause)) throw duckDbError(cause, where);
      if (Date.now() >= deadline) throw lockedError(cause, where);
      // A lock of the operating system's that nobody announces the end of: asking again is all that can be done.
      const pauseMs = Math.min(100, Math.max(1, deadline - Date.now()));
      // Aborting wakes it; what follows from that is said above.
      await wait(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
  }
}

/** What the library says could hold what it was given. */
function withoutToken(thrown: unknown, token: string): Error {
  return new Error(mask(messageOf(thrown), maskable([token])));
}

/**
 * Reads outside a transaction have connections of their own, so that a dataset can be read while rows are landed;
 * transactions take turns.
 */
class DuckDbDriver implements Driver {
  readonly dialect = duckDbDialect;
  readonly description: string;
  readonly #library: DuckDbLibrary;
  readonly #instance: DuckDb.DuckDBInstance;
  readonly #open = new Set<DuckDb.DuckDBConnection>();
  readonly #turns = openTurns();
  readonly #forgetAfterBytes: number;
  /** Bytes of rows that were loaded since the library was last made to forget. */
  #unforgottenBytes = 0;
  /** As it was before it was changed: each time it is set, what is shown is a little less. */
  #memoryLimit: string | undefined;

  constructor(
    library: DuckDbLibrary,
    instance: DuckDb.DuckDBInstance,
    description: string,
    forgetAfterBytes = usuallyUnforgotten,
  ) {
    this.#forgetAfterBytes = forgetAfterBytes;
    this.#library = library;
    this.#instance = instance;
    this.description = description;
  }

  run: Queries['run'] = (statement, options) => this.#once((session) => session.run(statement, options));
  query: Queries['query'] = (statement, options) =>
    this.#once((session) => session.query(statement, options));
  tables: Queries['tables'] = (schema, options) => this.#once((session) => session.tables(schema, options));
  columns: Queries['columns'] = (schema, table, options) =>
    this.#once((session) => session.columns(schema, table, options));
  hasSchema: Queries['hasSchema'] = (schema, options) =>
    this.#once((session) => session.hasSchema(schema, options));

  stream: Queries['stream'] = (statement, options) => this.#streaming(statement, options);

  async transaction<T>(
    work: (session: Session) => Promise<T>,
    { signal }: StatementOptions = {},
  ): Promise<T> {
    return this.#turns.take(async () => {
      throwIfStopped(signal, this.description);
      const { result, loadedBytes } = await this.#once(async (session) => ({
        result: await session.inTransaction(() => work(session), signal),
        loadedBytes: session.loadedBytes,
      }));
      this.#unforgottenBytes += loadedBytes;
      if (this.#unforgottenBytes > this.#forgetAfterBytes) await this.#forgetPages();
      return result;
    });
  }

  /**
   * Of what has been loaded the library keeps every page in memory for as long as there is room: in time the whole
   * file. A limit that is set for a moment makes it let go; nobody else may be asking for memory meanwhile.
   */
  async #forgetPages(): Promise<void> {
    if (connectionsInUse > 0) return;
    this.#unforgottenBytes = 0;
    const connection = await this.#instance.connect().catch(() => undefined);
    // What cannot be let go is in use: then the limit stays as it was. RESET would change what is shown, not what holds.
    await connection
      ?.runAndReadAll("SELECT current_setting('memory_limit') AS most")
      .then((result) => {
        this.#memoryLimit ??= String(result.getRowObjects()[0]?.['most']);
        return connection.run(`SET memory_limit = '${keptPages}'; SET memory_limit = '${this.#memoryLimit}'`);
      })
      .catch(() => undefined);
    connection?.closeSync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turns.ended();
    for (const connection of this.#open) closeInUse(connection);
    this.#open.clear();
    this.#instance.closeSync();
  }

  async *#streaming(...[statement, options]: Parameters<Queries['stream']>): ReturnType<Queries['stream']> {
    const { session, close } = await this.#connect();
    try {
      yield* session.stream(statement, options);
    } finally {
      close();
    }
  }

  async #once<T>(work: (session: DuckDbSession) => Promise<T>): Promise<T> {
    const { session, close } = await this.#connect();
    try {
      return await work(session);
    } finally {
      close();
    }
  }

  async #connect(): Promise<{ readonly session: DuckDbSession; close(): void }> {
    const connection = await this.#instance.connect().catch((cause: unknown) => {
      throw duckDbError(cause, this.description);
    });
    this.#open.add(connection);
    connectionsInUse += 1;
    // Times without a zone of their own mean UTC, whatever this machine's clock says.
    await connection.run("SET TimeZone = 'UTC'");
    return {
      session: new DuckDbSession(this.#library, connection, this.description),
      close: () => {
        if (this.#open.delete(connection)) closeInUse(connection);
      },
    };
  }
}

/** Of all drivers in this process, because those of one file share one instance. */
let connectionsInUse = 0;

function closeInUse(connection: DuckDb.DuckDBConnection): void {
  connectionsInUse -= 1;
  connection.closeSync();
}

/** Rows are a fifth of their bytes here once they lie in pages. Forgetting more often costs more than it spares. */
const usuallyUnforgotten = 400_000_000;
/** What stays in memory when the library is made to forget. */
const keptPages = '200MB';
