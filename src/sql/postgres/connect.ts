import { hostname } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import type { Client } from 'pg';
import { throwIfStopped } from '../stopped.ts';
import { postgresError, refusesTls } from './failures.ts';

/** Where a database is, and how it is reached. */
export interface PostgresTarget {
  /** A host, or the folder of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Undefined where the environment (PGPASSWORD) or nothing at all is to say it. */
  readonly password: string | undefined;
  readonly database: string;
  /** Whether TLS is used: never, always with these options, or, unverified, wherever the server offers it. */
  readonly tls: 'off' | 'offered' | ConnectionOptions;
  /** How long to wait for a connection. */
  readonly connectTimeoutMs: number;
}

/** One connection. */
export interface Connection {
  readonly client: Client;
  /** As `server_version_num` says it: 180001. */
  readonly version: number;
  /** The server's number for the connection. */
  readonly backend: number;
  /** Whether it has failed or ended: it is not to be used again. */
  readonly isBroken: boolean;
  /** Ends it, politely where there is still somebody to hear it. */
  close(): Promise<void>;
  /** Ends it at once, whatever it is doing. */
  cut(): void;
}

/** The database as people know it; never a secret. */
export function describeTarget({ host, port, database }: PostgresTarget): string {
  const place = host.includes(':') ? `[${host}]` : host;
  return `PostgreSQL ${place}:${port}/${database}`;
}

/** What the connections of this process are called in the server. */
export const applicationName = `sluice ${process.pid} on ${hostname()}`
  .replaceAll(/[^ -~]/g, '?')
  .slice(0, 63);

/** How a connection behaves. */
export interface ConnectionManner {
  /** The schema that unqualified names mean. */
  readonly schema?: string | undefined;
  /** Refuses to write. */
  readonly readOnly?: boolean | undefined;
}

export async function connect(
  target: PostgresTarget,
  manner: ConnectionManner = {},
  signal?: AbortSignal,
): Promise<Connection> {
  const where = describeTarget(target);
  throwIfStopped(signal, where);
  try {
    const client = await reach(target, signal);
    try {
      const connection = await settle(client, manner);
      throwIfStopped(signal, where);
      return connection;
    } catch (error) {
      await endQuietly(client);
      throw error;
    }
  } catch (cause) {
    throw postgresError(cause, where, signal);
  }
}

async function reach(target: PostgresTarget, signal: AbortSignal | undefined): Promise<Client> {
  const { tls } = target;
  const isSocket = target.host.startsWith('/');
  if (tls === 'off' || isSocket) return open(target, false, signal);
  if (tls !== 'offered') return open(target, tls, signal);
  try {
    return await open(target, { rejectUnauthorized: false }, signal);
  } catch (error) {
    if (!refusesTls(error)) throw error;
    return open(target, false, signal);
  }
}

async function open(
  target: PostgresTarget,
  ssl: ConnectionOptions | false,
  signal: AbortSignal | undefined,
): Promise<Client> {
  const { default: pg } = await import('pg');
  throwIfStopped(signal, describeTarget(target));
  const { host, port, user, password, database, connectTimeoutMs } = target;
  const client = new pg.Client({
    host,
    port,
    user,
    ...(password === undefined ? {} : { password }),
    database,
    ssl,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: applicationName,
    // Values stay texts here: they are read by values.ts.
    types: { getTypeParser: () => (text: unknown) => text },
  });
  // What happens to a connection that nobody waits on is seen when it is next used.
  client.on('error', () => {});
  const stop = (): void => {
    client.connection.stream.destroy(new Error('Connection terminated'));
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
    return client;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/**
 * What the spelling of values depends on; and no limits of time for statements, because a load may take hours. A
 * setting that the server does not know is left out.
 */
async function settle(
  client: Client,
  { schema = 'public', readOnly = false }: ConnectionManner,
): Promise<Connection> {
  let isBroken = false;
  client.on('error', () => {
    isBroken = true;
  });
  client.on('end', () => {
    isBroken = true;
  });
  const wanted = Object.entries({
    ...settings,
    search_path: searchPath(schema),
    // Where the server says that it only lets itself be read, that stays.
    ...(readOnly ? { default_transaction_read_only: 'on' } : {}),
  });
  const { rows } = await client.query<{ version: string; backend: string }>({
    text: `SELECT current_setting('server_version_num') AS version, pg_backend_pid() AS backend,
      (SELECT count(set_config(name, value, false)) FROM unnest($1::text[], $2::text[]) AS wanted(name, value)
        WHERE name IN (SELECT s.name FROM pg_settings AS s)) AS settled`,
    values: [wanted.map(([name]) => name), wanted.map(([, value]) => value)],
  });
  return {
    client,
    version: Number(rows[0]?.version),
    backend: Number(rows[0]?.backend),
    get isBroken() {
      return isBroken;
    },
    close: () => endQuietly(client),
    cut() {
      isBroken = true;
      client.connection.stream.destroy();
    },
  };
}

const settings = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  transaction_timeout: '0',
};

function searchPath(schema: string): string {
  const quoted = `"${schema.replaceAll('"', '""')}"`;
  return schema === 'public' ? quoted : `${quoted}, public`;
}

/** A server that no longer answers does not keep us. */
async function endQuietly(client: Client): Promise<void> {
  const cut = setTimeout(() => client.connection.stream.destroy(), farewellMs);
  // What fails while it ends has ended.
  await client.end().catch(() => undefined);
  clearTimeout(cut);
}

const farewellMs = 3000;
