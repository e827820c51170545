import { join } from 'node:path';
import type { CacheOptions } from '../caches/cache-options.ts';
import { DuckDBCache, type DuckDBCacheOptions } from '../caches/duckdb.ts';
import { MotherDuckCache, type MotherDuckCacheOptions } from '../caches/motherduck.ts';
import { PostgresCache, type PostgresCacheOptions } from '../caches/postgres.ts';
import { SQLiteCache, type SQLiteCacheOptions } from '../caches/sqlite.ts';
import { InputError } from '../errors.ts';
import { homeFolder } from '../home.ts';
import { isJsonObject } from '../protocol/json-object.ts';
import type { Config } from '../protocol/spec.ts';
import { tlsOfMode } from '../sql/postgres/connection-url.ts';
import type { ConnectorOptions } from './options.ts';
import { checkWay } from './ways.ts';

/** The caches that can read what a destination has written. */
export type DestinationCache = DuckDBCache | MotherDuckCache | PostgresCache | SQLiteCache;

/** What is to be other than the destination's config says: its options are those of the cache. */
export type DestinationCacheOptions = Partial<DuckDBCacheOptions> &
  Partial<MotherDuckCacheOptions> &
  PostgresCacheOptions &
  Partial<SQLiteCacheOptions>;

interface Behind {
  readonly name: string;
  readonly config: Config;
  readonly options: ConnectorOptions;
}

/** Opens the database behind a destination, as Airbyte's connector of that name is configured, to be read. */
export function cacheBehind(destination: Behind, given: DestinationCacheOptions = {}): DestinationCache {
  const { name } = destination;
  const open = engines[name.startsWith('destination-') ? name : `destination-${name}`];
  if (open !== undefined) return open(destination, { readOnly: true, otherTables: true, ...given });
  throw new InputError(`${name}: getCache opens a database, and Sluice knows none behind this destination`, {
    guidance: `It can for ${Object.keys(engines).join(', ')}. For another that writes to such a database, open that: new PostgresCache({ …, readOnly: true, otherTables: true }).`,
    context: { known: Object.keys(engines) },
  });
}

type Given = DestinationCacheOptions & Pick<CacheOptions, 'otherTables'>;

const engines: Readonly<Partial<Record<string, (destination: Behind, given: Given) => DestinationCache>>> = {
  'destination-duckdb': openDuckDb,
  'destination-motherduck': openDuckDb,
  'destination-postgres': openPostgres,
  'destination-sqlite': (destination, given) =>
    new SQLiteCache({ ...given, dbPath: given.dbPath ?? fileOf(destination) }),
};

function openDuckDb(destination: Behind, given: Given): DestinationCache {
  const { config } = destination;
  const path = text(config, 'destination_path') ?? (destination.name.endsWith('motherduck') ? 'md:' : '');
  const schemaName = given.schemaName ?? text(config, 'schema');
  const service = /^(?:md|motherduck):([^?]*)/.exec(path);
  if (service === null || given.dbPath !== undefined)
    return new DuckDBCache({ ...given, schemaName, dbPath: given.dbPath ?? fileOf(destination) });
  return new MotherDuckCache({
    ...given,
    schemaName,
    // That is what MotherDuck calls the database of whoever names none.
    database: given.database ?? (service[1] || 'my_db'),
    apiKey: given.apiKey ?? text(config, 'motherduck_api_key'),
  });
}

function openPostgres({ name, config }: Behind, given: Given): DestinationCache {
  if (given.url !== undefined) return new PostgresCache(given);
  const tunnel = config['tunnel_method'];
  const method = isJsonObject(tunnel) ? text(tunnel, 'tunnel_method') : undefined;
  if (method !== undefined && method !== 'NO_TUNNEL' && given.host === undefined) {
    throw new InputError(`${name}: getCache cannot go through the SSH tunnel of its config`, {
      guidance: "Open a tunnel yourself and say where it is: getCache({ host: 'localhost', port: 15432 }).",
    });
  }
  const isRaw = config['disable_type_dedupe'] === true;
  const schema = isRaw ? (text(config, 'raw_data_schema') ?? 'airbyte_internal') : text(config, 'schema');
  const host = text(config, 'host');
  const port = Number(config['port'] ?? 5432);
  return new PostgresCache({
    // What a container calls the machine that it runs on.
    host: host === 'host.docker.internal' ? 'localhost' : host,
    port,
    database: text(config, 'database'),
    username: text(config, 'username'),
    password: text(config, 'password'),
    schemaName: schema,
    ssl: tlsOf(config),
    ...given,
  });
}

/** As the connector is told: `ssl` says whether, `ssl_mode` how. */
function tlsOf(config: Config): PostgresCacheOptions['ssl'] {
  const given = config['ssl_mode'];
  if (!isJsonObject(given)) return config['ssl'] === true ? { rejectUnauthorized: false } : undefined;
  const tls = tlsOfMode(text(given, 'mode') ?? 'prefer', {
    ca: text(given, 'ca_certificate'),
    cert: text(given, 'client_certificate'),
    key: text(given, 'client_key'),
    passphrase: text(given, 'client_key_password'),
  });
  if (tls === 'offered') return undefined;
  return tls === 'off' ? false : tls;
}

/**
 * Where the file lies, seen from here. Airbyte's connectors keep files below `/local`, whatever the config says; in a
 * container that is a folder of the project.
 */
function fileOf({ name, config, options }: Behind): string {
  const path = text(config, 'destination_path');
  if (path === undefined) {
    throw new InputError(
      `${name}: its config has no destination_path, so getCache cannot tell where its file is`,
      {
        guidance: 'Say where it lies: getCache({ dbPath }).',
      },
    );
  }
  const inside = path.startsWith('/') ? path : `/local/${path}`;
  const isContainer = checkWay(options, name) === 'docker';
  if (!isContainer || !/^\/local(?:\/|$)/.test(inside)) return inside;
  return join(homeFolder(), 'local', inside.slice('/local'.length));
}

function text(config: Config, name: string): string | undefined {
  const value = config[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
