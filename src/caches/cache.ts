import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError, StreamUnknownError } from '../errors.ts';
import { sweepWorkspaces } from '../executors/sweep.ts';
import { openWorkspace } from '../executors/workspace.ts';
import type { ConfiguredCatalog } from '../protocol/catalog.ts';
import type {
  ConnectionEnds,
  ConnectionId,
  ConnectionState,
  Flow,
  Reader,
  RunOptions,
  StateStore,
  Writer,
} from '../protocol/flow.ts';
import { didYouMean } from '../protocol/nearest.ts';
import type { Queries } from '../sql/driver.ts';
import type { Sql } from '../sql/sql.ts';
import type { TimeCodec } from '../sql/time-codec.ts';
import { cacheArchive } from './cache-archive.ts';
import { catalogOf } from './cache-catalog.ts';
import { openCacheConnection } from './cache-connection.ts';
import { type CacheOrigin, cacheOrigin } from './cache-origin.ts';
import { extractRows } from './cache-reader.ts';
import { forgetStream } from './cache-state.ts';
import { type CachedStream, dropStream, readStreams } from './cache-streams.ts';
import { makeCacheTables } from './cache-tables.ts';
import type { ConnectionLocks } from './connection-lock.ts';
import { checkSql, Dataset, type DatasetStream } from './dataset.ts';
import { openGathering } from './gathering.ts';
import { openLanding } from './landing.ts';
import { defaultFlushPolicy, type FlushPolicy, loadFlow } from './load-flow.ts';
import { otherDataset, otherTables, tableMeant } from './other-tables.ts';
import { type Retention, refuseMerge } from './retention.ts';
import { type RowSet, rowSet } from './row-set.ts';
import type { SharedDriver } from './shared-driver.ts';
import type { StateArchive } from './state-archive.ts';

/** A database in which records rest, each stream in a table of its own, with the state of their syncs beside them. */
export interface Cache extends Reader, Writer, StateStore, AsyncDisposable {
  readonly name: string;
  readonly schemaName: string;
  readonly tablePrefix: string;
  readonly states: StateStore;
  /** The streams that rest here. */
  streams(): Promise<readonly CachedStream[]>;
  /** The rows of one stream. */
  dataset(stream: string): Promise<Dataset>;
  /** The rows of every stream, by label. */
  datasets(): Promise<ReadonlyMap<string, Dataset>>;
  /** Drops a stream: its table, and how far it has come. The next read begins it anew. */
  drop(stream: string): Promise<void>;
  /** The rows that a statement finds. */
  query(statement: Sql): RowSet;
  /** What tells a connection to this cache from those to others. */
  connectionEnd(): { readonly name: string; readonly config: unknown };
  /** What a write asks of a cache whose records it sends on. */
  readonly origin: CacheOrigin;
  /** The states that are kept here, to be shown, moved elsewhere, and cleared. */
  readonly archive: StateArchive;
}

interface SqlCacheOptions {
  readonly name: string;
  readonly schemaName: string;
  readonly tablePrefix: string;
  readonly shared: SharedDriver;
  readonly locks: ConnectionLocks;
  /** Where files of records wait to be loaded; the system's folder for temporary files unless given. */
  readonly filesIn?: (() => Promise<string>) | undefined;
  /** Whether those files go once they are loaded. */
  readonly cleanup?: boolean | undefined;
  readonly policy?: FlushPolicy | undefined;
  readonly retention?: Retention | undefined;
  /** Whether there is a database already, where looking into it would make one. */
  readonly isThere?: (() => boolean) | undefined;
  /** Whether the database is opened for reading only. */
  readonly readOnly?: boolean | undefined;
  /** Whether tables that Sluice did not make have datasets too. */
  readonly otherTables?: boolean | undefined;
  /** How dates and times of rows come back. */
  readonly times?: TimeCodec | undefined;
}

/** A cache in any engine that has a driver. */
export function sqlCache(options: SqlCacheOptions): Cache {
  const {
    name,
    schemaName,
    tablePrefix,
    shared,
    locks,
    retention = 'all',
    readOnly = false,
    times,
  } = options;
  const open = async (connection: ConnectionId, ends?: ConnectionEnds): Promise<ConnectionState> => {
    refuseReadOnly(options);
    return openCacheConnection({ shared, schema: schemaName, locks, connection, ends });
  };

  async function streams(): Promise<readonly CachedStream[]> {
    if (options.isThere?.() === false) return [];
    await using use = await shared.use();
    const all = await readStreams(use.driver, schemaName);
    return all.filter((stream) => stream.tablePrefix === tablePrefix);
  }

  async function streamNamed(label: string): Promise<CachedStream> {
    if (typeof label !== 'string') {
      throw new InputError(`${name}: the name of a stream is missing`, {
        guidance: 'cache.streams() says which there are, and datasets() gives all of them.',
      });
    }
    const cached = await streams();
    const labels = cached.map((stream) => stream.label);
    const found = cached[labels.indexOf(label)];
    if (found !== undefined) return found;
    throw unknownStream(name, label, labels);
  }

  /** What is not Sluice's, where that is wanted too. */
  async function others<T>(
    work: (session: Queries, tables: Awaited<ReturnType<typeof otherTables>>) => Promise<T>,
  ): Promise<T | undefined> {
    if (options.otherTables !== true || options.isThere?.() === false) return undefined;
    await using use = await shared.use();
    const ours = await readStreams(use.driver, schemaName);
    const names = new Set(ours.map(({ table }) => table.name));
    return await work(use.driver, await otherTables(use.driver, schemaName, names));
  }

  const otherStreams = async (): Promise<readonly DatasetStream[]> =>
    (await others(async (session, tables) => {
      const found: DatasetStream[] = [];
      for (const table of tables) found.push(await otherDataset(session, schemaName, table));
      return found;
    })) ?? [];

  /** A stream of ours comes before a table of that name. */
  async function otherNamed(label: string): Promise<DatasetStream | undefined> {
    if (typeof label !== 'string' || options.otherTables !== true) return undefined;
    const ours = await streams();
    if (ours.some((stream) => stream.label === label)) return undefined;
    return others(async (session, tables) => {
      const table = tableMeant(tables, label);
      if (table !== undefined) return otherDataset(session, schemaName, table);
      const labels = [...tables, ...ours].map((one) => one.label);
      throw unknownStream(name, label, labels);
    });
  }

  return {
    name,
    schemaName,
    tablePrefix,
    states: { open },
    open,
    streams,
    connectionEnd: () => ({ name, config: { schemaName, tablePrefix } }),
    load: (catalog, input, run) => load(options, catalog, input, run),
    discover: async () => catalogOf(await streams()),
    async *extract(catalog, states, run) {
      await using use = await shared.use();
      const reading = { driver: use.driver, name, schema: schemaName, tablePrefix };
      yield* extractRows(reading, catalog, states, run);
    },
    archive: cacheArchive({ shared, schema: schemaName, locks, isThere: options.isThere }),
    origin: cacheOrigin({ shared, name, schema: schemaName, tablePrefix, retention, readOnly }),
    async dataset(label) {
      const stream = (await otherNamed(label)) ?? (await streamNamed(label));
      return new Dataset({ shared, stream, times });
    },
    async drop(stream) {
      refuseReadOnly(options);
      const found = await streamNamed(stream);
      await using use = await shared.use();
      await use.driver.transaction(async (session) => {
        await makeCacheTables(session, schemaName);
        await dropStream(session, schemaName, found);
        await forgetStream(session, schemaName, found);
      });
    },
    async datasets() {
      const all: readonly DatasetStream[] = [...(await otherStreams()), ...(await streams())];
      return new Map(all.map((stream) => [stream.label, new Dataset({ shared, stream, times })]));
    },
    query(statement) {
      checkSql(statement, `${name}: query`);
      return rowSet({ shared, name, statement, rowOf: (row) => row, times });
    },
    async [Symbol.asyncDispose]() {
      await shared[Symbol.asyncDispose]();
    },
  };
}

async function* load(
  {
    shared,
    schemaName,
    tablePrefix,
    filesIn,
    cleanup = true,
    policy = defaultFlushPolicy,
    retention = 'all',
  }: SqlCacheOptions,
  catalog: ConfiguredCatalog,
  input: Flow,
  { connection, signal, log }: RunOptions,
): Flow {
  refuseMerge(catalog, retention);
  await using use = await shared.use();
  const parent = (await filesIn?.()) ?? tmpdir();
  await sweepWorkspaces({ parent });
  await using workspace = cleanup ? await openWorkspace({ parent }) : await keptFolder(parent);
  const landing = await openLanding({
    driver: use.driver,
    catalog,
    schema: schemaName,
    tablePrefix,
    connection,
    signal,
    log,
  });
  yield* loadFlow(input, {
    gathering: openGathering({
      folder: workspace.folder,
      encoderOf: landing.encoderOf,
      memory: landing.memory,
    }),
    async commit(portion) {
      await landing.commit(portion);
      if (!cleanup) return;
      const files = portion.gathered.flatMap((one) => one.files);
      await Promise.all(files.map((file) => rm(file, { force: true })));
    },
    replaced: landing.replaced,
    signal,
    policy,
  });
}

/** A folder that stays, for whoever wants to look at what was loaded. */
async function keptFolder(parent: string): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await mkdtemp(join(parent, 'records-'));
  return { folder, [Symbol.asyncDispose]: async () => {} };
}

function refuseReadOnly({ name, readOnly = false, otherTables: isOthers = false }: SqlCacheOptions): void {
  if (!readOnly) return;
  throw new InputError(`${name}: it cannot be written, for it was opened for reading only`, {
    guidance: isOthers
      ? 'A destination is written by destination.write(). Read into a cache of your own.'
      : 'Open it without readOnly. States can be kept elsewhere by stateCache.',
  });
}

/** The error for a cache of which nothing can be had. */
export function noStreams(cache: string): InputError {
  return new InputError(`${cache} holds no streams yet`, {
    guidance:
      'Fill it by source.read(cache), or sluice read … --cache. What another program wrote is sent on by records(name, dataset).',
  });
}

/** The error for a stream that does not rest in a cache. */
export function unknownStream(
  cache: string,
  stream: string,
  labels: readonly string[],
): StreamUnknownError | InputError {
  if (labels.length === 0) return noStreams(cache);
  const hint = didYouMean(stream, labels);
  return new StreamUnknownError(
    `${cache} has no stream "${stream}"${hint === undefined ? '' : `; ${hint}`}`,
    {
      guidance: `Its streams: ${labels.slice(0, 30).join(', ')}.`,
      context: { stream, available: labels },
    },
  );
}
