import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { Catalog, ConfiguredCatalog } from '../protocol/catalog.ts';
import type {
  ConnectionEnds,
  ConnectionId,
  ConnectionState,
  Flow,
  RunOptions,
  StateStore,
} from '../protocol/flow.ts';
import type { StateMessage } from '../protocol/messages.ts';
import type { Sql } from '../sql/sql.ts';
import { openSqlite } from '../sql/sqlite/driver.ts';
import { type Cache, sqlCache } from './cache.ts';
import {
  type CacheOptions,
  cacheOptionSchemas,
  checkCacheOptions,
  loadingOf,
  makeFolder,
  optionSchemas,
} from './cache-options.ts';
import type { CacheOrigin } from './cache-origin.ts';
import type { CachedStream } from './cache-streams.ts';
import { lockFilesBeside, lockInMemory } from './connection-lock.ts';
import type { Dataset } from './dataset.ts';
import type { RowSet } from './row-set.ts';
import { shareDriver } from './shared-driver.ts';
import type { StateArchive } from './state-archive.ts';

export interface SQLiteCacheOptions extends CacheOptions {
  /** The database file, made when it is first needed; `:memory:` for one that is gone with this object. */
  readonly dbPath: string;
  /** Open the file for reading only. */
  readonly readOnly?: boolean | undefined;
  /** How long to wait for another process that is writing to the file. Default: 30 seconds. */
  readonly lockTimeoutMs?: number | undefined;
}

/**
 * A cache in a SQLite file: typed tables that any SQLite program can read, also while they are written. Two processes
 * that write take turns.
 */
export class SQLiteCache implements Cache {
  readonly dbPath: string;
  readonly #cache: Cache;

  constructor(options: SQLiteCacheOptions) {
    const checked = checkCacheOptions('SQLiteCache', optionsSchema, options);
    const { dbPath, tablePrefix = '', readOnly = false, lockTimeoutMs = 30_000 } = checked;
    const isMemory = dbPath === memory;
    const path = isMemory ? memory : resolve(dbPath);
    this.dbPath = path;
    const openDriver = async () => {
      if (!isMemory && !readOnly) await makeFolder(dirname(path));
      return openSqlite({ path, lockTimeoutMs, readOnly });
    };
    this.#cache = sqlCache({
      name: 'sqlite-cache',
      schemaName: 'main',
      tablePrefix,
      shared: shareDriver(openDriver, { staysOpen: isMemory }),
      locks: isMemory ? lockInMemory() : lockFilesBeside(path),
      readOnly,
      ...loadingOf(checked),
    });
  }

  get name(): string {
    return this.#cache.name;
  }

  get schemaName(): string {
    return this.#cache.schemaName;
  }

  get tablePrefix(): string {
    return this.#cache.tablePrefix;
  }

  get states(): StateStore {
    return this.#cache.states;
  }

  /** The streams that rest here. */
  streams(): Promise<readonly CachedStream[]> {
    return this.#cache.streams();
  }

  /** The rows of one stream, by its label. */
  dataset(stream: string): Promise<Dataset> {
    return this.#cache.dataset(stream);
  }

  /** The rows of every stream, by label. */
  datasets(): Promise<ReadonlyMap<string, Dataset>> {
    return this.#cache.datasets();
  }

  /** Drops a stream: its table, and how far it has come. The next read begins it anew. */
  drop(stream: string): Promise<void> {
    return this.#cache.drop(stream);
  }

  /** The rows that a statement finds: `` cache.query(sql`select count(*) as n from users`) ``. */
  query(statement: Sql): RowSet {
    return this.#cache.query(statement);
  }

  open(connection: ConnectionId, ends?: ConnectionEnds): Promise<ConnectionState> {
    return this.#cache.open(connection, ends);
  }

  load(catalog: ConfiguredCatalog, input: Flow, options: RunOptions): Flow {
    return this.#cache.load(catalog, input, options);
  }

  /** The streams that rest here, with the schemas, keys and cursors of their sources. */
  discover(): Promise<Catalog> {
    return this.#cache.discover();
  }

  extract(catalog: ConfiguredCatalog, states: readonly StateMessage[], options: RunOptions): Flow {
    return this.#cache.extract(catalog, states, options);
  }

  get origin(): CacheOrigin {
    return this.#cache.origin;
  }

  /** The states that are kept here, to be shown, moved elsewhere, and cleared. */
  get archive(): StateArchive {
    return this.#cache.archive;
  }

  connectionEnd(): { readonly name: string; readonly config: unknown } {
    return this.#cache.connectionEnd();
  }

  /** Closes a database in memory, whose tables are then gone. A file is closed whenever nobody uses it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cache[Symbol.asyncDispose]();
  }
}

const memory = ':memory:';

const optionsSchema = z.strictObject({
  dbPath: optionSchemas.path,
  ...cacheOptionSchemas,
  readOnly: optionSchemas.flag,
  lockTimeoutMs: optionSchemas.timeout,
});
