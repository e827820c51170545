import type { ConnectionOptions } from 'node:tls';
import { z } from 'zod';
import { InputError } from '../errors.ts';
import { takeAdvisoryLock } from '../sql/postgres/advisory-lock.ts';
import { describeTarget, type PostgresTarget } from '../sql/postgres/connect.ts';
import { type PostgresUrl, readPostgresUrl } from '../sql/postgres/connection-url.ts';
import { openPostgres } from '../sql/postgres/driver.ts';
import { sqlCache } from './cache.ts';
import {
  type CacheOptions,
  cacheOptionSchemas,
  checkCacheOptions,
  generalOptions,
  optionSchemas,
} from './cache-options.ts';
import { lockBy } from './connection-lock.ts';
import { DatabaseCache } from './database-cache.ts';
import { shareDriver } from './shared-driver.ts';

export interface PostgresCacheOptions extends CacheOptions {
  /** `postgresql://user:password@host:port/database?sslmode=…`, in the place of the options that it spells. */
  readonly url?: string | undefined;
  /** The server, or the folder of its unix socket. Default: `localhost`. */
  readonly host?: string | undefined;
  /** Default: 5432. */
  readonly port?: number | undefined;
  /** Default: PGUSER of the environment. */
  readonly username?: string | undefined;
  /** Any characters. Default: PGPASSWORD of the environment. */
  readonly password?: string | undefined;
  readonly database?: string | undefined;
  /**
   * `true` demands TLS with a certificate that this machine trusts, `{ ca }` one that this authority has signed,
   * `false` does without. Default: TLS, unverified, where the server offers it.
   */
  readonly ssl?: boolean | ConnectionOptions | undefined;
  /** The schema that the tables lie in, made if it is missing. Default: `public`. */
  readonly schemaName?: string | undefined;
  /** Refuse to write: for programs that only ask. */
  readonly readOnly?: boolean | undefined;
  /** How long to wait for a connection. Default: 15 seconds. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long a table that is to be replaced is waited for, while somebody reads it who stands still. Default: 30 seconds. */
  readonly lockTimeoutMs?: number | undefined;
}

/**
 * A cache in a PostgreSQL database: typed tables that any program can read, while others are written. Connections are
 * open only while something is read or written.
 */
export class PostgresCache extends DatabaseCache {
  /** The database, for people: `PostgreSQL db.example.com:5432/shop`. */
  readonly description: string;

  constructor(options: PostgresCacheOptions) {
    const checked = checkCacheOptions('PostgresCache', optionsSchema, options);
    const { target, schemaName, tablePrefix, readOnly } = understood(checked);
    const { lockTimeoutMs } = checked;
    super(
      sqlCache({
        name: 'postgres-cache',
        schemaName,
        tablePrefix,
        shared: shareDriver(() => openPostgres(target, { schema: schemaName, readOnly, lockTimeoutMs }), {
          staysOpen: false,
        }),
        // A table may bear the name of a connection, and has a lock of its own (see takeTurns).
        locks: lockBy((connection) => takeAdvisoryLock(target, `connection\n${schemaName}\n${connection}`)),
        readOnly,
        ...generalOptions(checked),
      }),
    );
    this.description = describeTarget(target);
  }
}

const text = z.string({ error: 'must be a text' }).min(1, { error: 'must not be empty' }).optional();
const ssl = z.union(
  [z.boolean(), z.custom<ConnectionOptions>((value) => typeof value === 'object' && value !== null)],
  { error: 'must be true, false or { ca, … }' },
);
const optionsSchema = z.strictObject({
  url: text,
  host: text,
  port: z.int({ error: 'must be a number' }).min(1).max(65_535).optional(),
  username: text,
  password: z.string({ error: 'must be a text' }).optional(),
  database: text,
  ssl: ssl.optional(),
  schemaName: optionSchemas.name,
  readOnly: optionSchemas.flag,
  connectTimeoutMs: optionSchemas.timeout,
  lockTimeoutMs: optionSchemas.timeout,
  ...cacheOptionSchemas,
});

interface Understood extends Pick<PostgresCacheOptions, 'readOnly'> {
  readonly target: PostgresTarget;
  readonly schemaName: string;
  readonly tablePrefix: string;
}

/** What the options come to: where the database is, and which tables are meant. */
export function understood(options: PostgresCacheOptions): Understood {
  const { url, host, port, username, password, database, ssl, connectTimeoutMs, readOnly, ...rest } = options;
  const fromUrl = url === undefined ? {} : readPostgresUrl(url);
  refuseTwice(options, fromUrl);
  const user = username ?? fromUrl.user ?? process.env['PGUSER'];
  const wanted = { username: user, database: database ?? fromUrl.database };
  const missing = Object.entries(wanted).filter(([, value]) => value === undefined);
  if (user === undefined || wanted.database === undefined) {
    throw new InputError(`PostgresCache: no ${missing.map(([option]) => option).join(' and no ')} given`, {
      guidance: 'Give { host, username, password, database } or { url }.',
    });
  }
  return {
    readOnly,
    schemaName: rest.schemaName ?? fromUrl.schemaName ?? 'public',
    tablePrefix: rest.tablePrefix ?? fromUrl.tablePrefix ?? '',
    target: {
      host: host ?? fromUrl.host ?? 'localhost',
      port: port ?? fromUrl.port ?? 5432,
      user,
      password: password ?? fromUrl.password,
      database: wanted.database,
      tls: (ssl === undefined ? fromUrl.tls : tlsOf(ssl)) ?? 'offered',
      connectTimeoutMs: connectTimeoutMs ?? fromUrl.connectTimeoutMs ?? 15_000,
    },
  };
}

/** What is said twice would leave one of the two unheard. */
function refuseTwice(options: PostgresCacheOptions, fromUrl: PostgresUrl): void {
  const { user: username, tls: ssl, ...others } = fromUrl;
  const said: Readonly<Partial<Record<string, unknown>>> = { ...others, username, ssl };
  const twice = Object.entries(options).filter(
    ([option, value]) => value !== undefined && said[option] !== undefined,
  );
  if (twice.length === 0) return;
  const names = twice.map(([option]) => option).join(' and ');
  throw new InputError(`PostgresCache: ${names} given twice, as an option and in the url`, {
    guidance: 'Leave it out of the one or the other.',
  });
}

function tlsOf(ssl: boolean | ConnectionOptions): PostgresTarget['tls'] {
  if (ssl === false) return 'off';
  return ssl === true ? {} : ssl;
}
