import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../errors.ts';
import { homeFolder } from '../home.ts';
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
import { openDuckDb } from '../sql/duckdb/driver.ts';
import type { Sql } from '../sql/sql.ts';
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
import { type ConnectionLocks, lockFilesBeside } from './connection-lock.ts';
import type { Dataset } from './dataset.ts';
import type { RowSet } from './row-set.ts';
import { shareDriver } from './shared-driver.ts';
import type { StateArchive } from './state-archive.ts';

export interface MotherDuckCacheOptions extends CacheOptions {
  /** The database, which must be there. */
  readonly database: string;
  /** The access token. Default: `MOTHERDUCK_TOKEN` of the environment. */
  readonly apiKey?: string | undefined;
  /** The schema that the tables lie in. Default: `main`. */
  readonly schemaName?: string | undefined;
}

/** A cache in a MotherDuck database, which is DuckDB's language and types on a server. */
export class MotherDuckCache implements Cache {
  readonly database: string;
  readonly #cache: Cache;

  constructor(options: MotherDuckCacheOptions, open: typeof openDuckDb = openDuckDb) {
    const checked = checkCacheOptions('MotherDuckCache', optionsSchema, options);
    const { database, apiKey, schemaName = 'main', tablePrefix = '' } = checked;
    this.database = database;
    this.#cache = sqlCache({
      name: 'motherduck-cache',
      schemaName,
      tablePrefix,
      shared: shareDriver(
        async () => open({ path: `md:${database}`, motherDuckToken: apiKey ?? tokenFromEnvironment() }),
        { staysOpen: false },
      ),
      locks: locksHere(database),
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

  /** Nothing to close: the database is open while somebody uses it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cache[Symbol.asyncDispose]();
  }
}

const optionsSchema = z.strictObject({
  // A connection string is not a name: whatever follows a question mark there may be a token.
  database: z
    .string({ error: 'must be a name' })
    .regex(/^[^?&:/\\'"\p{Cc}]+$/u, { error: 'must be the name of a database; the token belongs in apiKey' }),
  apiKey: optionSchemas.name,
  schemaName: optionSchemas.name,
  ...cacheOptionSchemas,
});

/** Without a token, MotherDuck would open a browser and wait. */
function tokenFromEnvironment(): string {
  const token = process.env['MOTHERDUCK_TOKEN'] || process.env['motherduck_token'];
  if (token !== undefined && token !== '') return token;
  throw new InputError('MotherDuckCache has no access token', {
    guidance: 'Give it as apiKey, or set MOTHERDUCK_TOKEN in the environment.',
  });
}

/** Keeps the runs of this project apart; a run on another machine is not seen. */
function locksHere(database: string): ConnectionLocks {
  const folder = join(homeFolder(), 'caches');
  return {
    async take(connection) {
      await makeFolder(folder);
      return lockFilesBeside(join(folder, `motherduck-${database}`)).take(connection);
    },
  };
}
