import type { Driver, Queries, Session, StatementOptions } from '../driver.ts';
import { sql } from '../sql.ts';
import { throwIfStopped } from '../stopped.ts';
import { openTurns } from '../turns.ts';
import { sqliteDialect } from './dialect.ts';
import { lacksRights, refuseFolder } from './failures.ts';
import { type SqliteLibrary, sqliteLibrary } from './library.ts';
import { copyToRead, type FileCopy, isOnlyReadable, removeCompanions } from './read-only.ts';
import { patiently, SqliteSession } from './session.ts';

export interface SqliteOptions {
  /** The database file, or `:memory:`. */
  readonly path: string;
  readonly readOnly?: boolean | undefined;
  /** How long to wait for another connection that writes to the file. */
  readonly lockTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens a SQLite database. The library is loaded here, not before. */
export async function openSqlite(options: SqliteOptions): Promise<Driver> {
  const library = await sqliteLibrary();
  const { path, readOnly = false } = options;
  const copied = () => (readOnly ? copyToRead(path, describe(path)) : undefined);
  await refuseFolder(path, describe(path));
  const first = readOnly && isOnlyReadable(path) ? await copied() : undefined;
  try {
    return await opened(new SqliteDriver(library, options, first), options);
  } catch (error) {
    const copy = first === undefined && lacksRights(error) ? await copied() : undefined;
    if (copy === undefined) throw error;
    return opened(new SqliteDriver(library, options, copy), options);
  }
}

/** Opening alone reads nothing; a file that is none shows here. */
async function opened(driver: SqliteDriver, { signal }: SqliteOptions): Promise<Driver> {
  try {
    await driver.query(sql`SELECT count(*) FROM sqlite_schema`, { signal });
  } catch (error) {
    await driver[Symbol.asyncDispose]();
    throw error;
  }
  return driver;
}

/**
 * Reads outside a transaction have connections of their own, so that a dataset can be read while rows are landed;
 * transactions take turns. A database in memory has one connection, whose users take turns as well.
 */
class SqliteDriver implements Driver {
  readonly dialect = sqliteDialect;
  readonly description: string;
  readonly #library: SqliteLibrary;
  readonly #options: SqliteOptions;
  readonly #copy: FileCopy | undefined;
  readonly #isMemory: boolean;
  readonly #open = new Set<SqliteSession>();
  readonly #idle: SqliteSession[] = [];
  readonly #turns = openTurns();

  constructor(library: SqliteLibrary, options: SqliteOptions, copy?: FileCopy) {
    this.#copy = copy;
    this.#library = library;
    this.#options = options;
    this.#isMemory = options.path === memory;
    this.description = describe(options.path);
  }

  run: Queries['run'] = (statement, options) => this.#read((session) => session.run(statement, options));
  query: Queries['query'] = (statement, options) =>
    this.#read((session) => session.query(statement, options));
  tables: Queries['tables'] = (schema, options) => this.#read((session) => session.tables(schema, options));
  columns: Queries['columns'] = (schema, table, options) =>
    this.#read((session) => session.columns(schema, table, options));
  hasSchema: Queries['hasSchema'] = (schema) => Promise.resolve(schema === sqliteDialect.defaultSchema);

  stream: Queries['stream'] = (statement, options) => this.#streaming(statement, options);

  async transaction<T>(
    work: (session: Session) => Promise<T>,
    { signal }: StatementOptions = {},
  ): Promise<T> {
    return this.#turns.take(async () => {
      throwIfStopped(signal, this.description);
      return this.#withSession((session) => session.inTransaction(() => work(session), signal));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turns.ended();
    for (const session of this.#open) session.close();
    this.#open.clear();
    this.#idle.length = 0;
    const { path, readOnly } = this.#options;
    if (this.#copy !== undefined) await this.#copy[Symbol.asyncDispose]();
    else if (readOnly === true) await removeCompanions(path, this.#library);
  }

  async *#streaming(...[statement, options]: Parameters<Queries['stream']>): ReturnType<Queries['stream']> {
    // What is in memory may be read into memory; so nobody waits for a reader to come to its end.
    if (this.#isMemory) {
      const rows = await this.query(statement, options);
      if (rows.length > 0) yield rows;
      return;
    }
    const session = await this.#take();
    try {
      yield* session.stream(statement, options);
    } finally {
      this.#giveBack(session);
    }
  }

  #read<T>(work: (session: SqliteSession) => Promise<T>): Promise<T> {
    return this.#isMemory ? this.#turns.take(() => this.#withSession(work)) : this.#withSession(work);
  }

  async #withSession<T>(work: (session: SqliteSession) => Promise<T>): Promise<T> {
    const session = await this.#take();
    try {
      return await work(session);
    } finally {
      this.#giveBack(session);
    }
  }

  async #take(): Promise<SqliteSession> {
    return this.#idle.pop() ?? this.#connect();
  }

  #giveBack(session: SqliteSession): void {
    if (this.#open.has(session)) this.#idle.push(session);
  }

  async #connect(): Promise<SqliteSession> {
    const { readOnly = false, lockTimeoutMs = 0, signal } = this.#options;
    const path = this.#copy?.path ?? this.#options.path;
    const patience = { path, where: this.description, lockTimeoutMs, signal };
    const connection = await patiently(() => this.#library.open(path, { readOnly }), patience);
    const session = new SqliteSession({
      connection,
      path,
      where: this.description,
      lockTimeoutMs,
      readOnly,
    });
    this.#open.add(session);
    // So that readers and the writer do not wait for each other. A folder that cannot hold it is none to refuse.
    if (!readOnly && !this.#isMemory) await session.run(sql`PRAGMA journal_mode = WAL`);
    return session;
  }
}

const memory = ':memory:';

/** The database, for people. */
function describe(path: string): string {
  return path === memory ? 'SQLite in memory' : `SQLite ${path}`;
}
