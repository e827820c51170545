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
import type { Cache } from './cache.ts';
import type { CacheOrigin } from './cache-origin.ts';
import type { CachedStream } from './cache-streams.ts';
import type { Dataset } from './dataset.ts';
import type { RowSet } from './row-set.ts';
import type { StateArchive } from './state-archive.ts';

/** What the caches of all engines have in common: an engine's own class says how its database is opened and locked. */
export abstract class DatabaseCache implements Cache {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
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

  /** Closes a database in memory, whose tables are then gone. Any other is open only while somebody uses it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cache[Symbol.asyncDispose]();
  }
}
