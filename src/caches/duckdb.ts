import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { InputError, storageFailure } from '../errors.ts';
import { homeFolder, openHomeFolder } from '../home.ts';
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
import type { CacheOrigin } from './cache-origin.ts';
import type { CachedStream } from './cache-streams.ts';
import { lockFilesBeside, lockInMemory } from './connection-lock.ts';
import type { Dataset } from './dataset.ts';
import { defaultFlushPolicy } from './load-flow.ts';
import type { RowSet } from './row-set.ts';
import { shareDriver } from './shared-driver.ts';

export interface DuckDBCacheOptions {
  /** The database file, made when it is first needed; `:memory:` for one that is gone with this object. */
  readonly dbPath: string;
  /** The schema that the tables lie in. Default: `main`. */
  readonly schemaName?: string | undefined;
  /** What the names of the tables begin with, so that two sources with like streams can share a database. */
  readonly tablePrefix?: string | undefined;
  /** Where records wait in files until they are loaded. Default: the system's folder for temporary files. */
  readonly cacheDir?: string | undefined;
  /** `false` leaves the files of records where they are once they are loaded. Default: true. */
  readonly cleanup?: boolean | undefined;
  /** How much may wait before it is committed with its states. Default: 64 MB, or 10 seconds. */
  readonly flush?: { readonly bytes?: number | undefined; readonly ms?: number | undefined } | undefined;
  /** Open the file for reading only, as several processes may at one time. */
  readonly readOnly?: boolean | undefined;
  /** How long to wait for another process that holds the file. Default: 0, an error at once that names the process. */
  readonly lockTimeoutMs?: number | undefined;
}

/**
 * A cache in a DuckDB file: typed tables that any DuckDB program can read. The file is open only while something is
 * read or written; two processes cannot have it open at one time.
 */
export class DuckDBCache implements Cache {
  readonly dbPath: string;
  readonly #cache: Cache;

  constructor(options: DuckDBCacheOptions) {
    const {
      dbPath,
      schemaName = 'main',
      tablePrefix = '',
      cacheDir,
      cleanup,
      flush,
      readOnly = false,
      lockTimeoutMs = 0,
    } = checked(options);
    const isMemory = dbPath === memory;
    const path = isMemory ? memory : resolve(dbPath);
    this.dbPath = path;
    const openDriver = async () => {
      if (!isMemory && !readOnly) await makeFolder(dirname(path));
      return openDuckDb({ path, lockTimeoutMs, readOnly });
    };
    this.#cache = sqlCache({
      name: 'duckdb-cache',
      schemaName,
      tablePrefix,
      shared: shareDriver(openDriver, { staysOpen: isMemory }),
      locks: isMemory ? lockInMemory() : lockFilesBeside(path),
      cleanup,
      policy: {
        bytes: flush?.bytes ?? defaultFlushPolicy.bytes,
        ms: flush?.ms ?? defaultFlushPolicy.ms,
      },
      filesIn: cacheDir === undefined ? undefined : () => makeFolder(resolve(cacheDir)),
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

  connectionEnd(): { readonly name: string; readonly config: unknown } {
    return this.#cache.connectionEnd();
  }

  /** Closes a database in memory, whose tables are then gone. A file is closed whenever nobody uses it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cache[Symbol.asyncDispose]();
  }
}

const memory = ':memory:';

const name = z.string({ error: 'must be a name' });
const positive = z.number({ error: 'must be a number' }).positive({ error: 'must be above 0' });
const optionsSchema = z.strictObject({
  dbPath: z.string({ error: 'must be a path, or ":memory:"' }).min(1, { error: 'must be a path' }),
  schemaName: name.min(1, { error: 'must be a name' }).optional(),
  tablePrefix: name.optional(),
  cacheDir: z.string({ error: 'must be a folder' }).optional(),
  flush: z
    .strictObject({ bytes: positive.optional(), ms: positive.optional() }, { error: 'must be { bytes, ms }' })
    .optional(),
  readOnly: z.boolean({ error: 'must be true or false' }).optional(),
  cleanup: z.boolean({ error: 'must be true or false' }).optional(),
  lockTimeoutMs: z.number({ error: 'must be a number of milliseconds' }).nonnegative().optional(),
});

function checked(options: unknown): DuckDBCacheOptions {
  const { data, error } = optionsSchema.safeParse(options);
  if (data !== undefined) return data;
  const faults = error.issues.map(({ path, message }) => `${path.join('.') || 'the options'} ${message}`);
  throw new InputError(`DuckDBCache: ${faults.join('; ')}`, {
    guidance:
      'It takes { dbPath, schemaName, tablePrefix, cacheDir, cleanup, flush, readOnly, lockTimeoutMs }.',
    cause: error,
  });
}

async function makeFolder(folder: string): Promise<string> {
  try {
    // The project's own folder keeps itself out of version control.
    if (folder === join(homeFolder(), 'caches')) return await openHomeFolder('caches');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch (error) {
    throw storageFailure(error, `cannot make the folder ${folder}`);
  }
}
