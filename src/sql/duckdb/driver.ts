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
import { type MemoryHold, memoryHoldOf } from './memory-hold.ts';
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
  const hold = memoryHoldOf(options.path);
  return new DuckDbDriver({
    library,
    instance,
    description,
    hold,
    forgetAfterBytes: options.forgetAfterBytes,
  });
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

interface Opened {
  readonly library: DuckDbLibrary;
  readonly instance: DuckDb.DuckDBInstance;
  readonly description: string;
  readonly hold: MemoryHold;
  readonly forgetAfterBytes: number | undefined;
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
  readonly #hold: MemoryHold;
  /** Bytes of rows that were loaded since the library was last made to forget. */
  #unforgottenBytes = 0;

  constructor({ library, instance, description, hold, forgetAfterBytes = usuallyUnforgotten }: Opened) {
    this.#hold = hold;
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
      const { session, close } = await this.#connect();
      try {
        return await session.inTransaction(() => work(session), signal);
      } finally {
        close();
        this.#unforgottenBytes += session.loadedBytes;
        if (this.#unforgottenBytes > this.#forgetAfterBytes) await this.#forget(session.isUsualLoad);
      }
    });
  }

  /** Nobody else may be asking for memory meanwhile. */
  async #forget(isKept: boolean): Promise<void> {
    if (connectionsInUse > 0) return;
    this.#unforgottenBytes = 0;
    await this.#withConnection((connection) => this.#hold.take(connection, { isKept }));
  }

  /** For what is done by the way: where there is no connection to be had, it is not done. */
  async #withConnection(work: (connection: DuckDb.DuckDBConnection) => Promise<void>): Promise<void> {
    const connection = await this.#instance.connect().catch(() => undefined);
    if (connection === undefined) return;
    await work(connection).catch(() => undefined);
    connection.closeSync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turns.ended();
    for (const connection of this.#open) closeInUse(connection);
    this.#open.clear();
    if (this.#hold.isHeld) await this.#withConnection((connection) => this.#hold.lift(connection));
    this.#instance.closeSync();
  }

  async *#streaming(...[statement, options]: Parameters<Queries['stream']>): ReturnType<Queries['stream']> {
    const { session, close } = await this.#connect({ isFree: true });
    try {
      yield* session.stream(statement, options);
    } finally {
      close();
    }
  }

  async #once<T>(work: (session: DuckDbSession) => Promise<T>): Promise<T> {
    const { session, close } = await this.#connect({ isFree: true });
    try {
      return await work(session);
    } finally {
      close();
    }
  }

  /** `isFree`: what is asked for has all the memory there is. A transaction's session frees it where it needs it. */
  async #connect({ isFree = false } = {}): Promise<{ readonly session: DuckDbSession; close(): void }> {
    const connection = await this.#instance.connect().catch((cause: unknown) => {
      throw duckDbError(cause, this.description);
    });
    this.#open.add(connection);
    connectionsInUse += 1;
    // Times without a zone of their own mean UTC, whatever this machine's clock says.
    await connection.run("SET TimeZone = 'UTC'");
    if (isFree) await this.#hold.lift(connection);
    return {
      session: new DuckDbSession(this.#library, connection, { where: this.description, hold: this.#hold }),
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
