import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { InputError, messageOf } from '../../errors.ts';
import type { PostgresTarget } from './connect.ts';

/** What a URL says of a database; all of it can be left out. */
export interface PostgresUrl {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: string | undefined;
  readonly tls?: PostgresTarget['tls'] | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly schemaName?: string | undefined;
  readonly tablePrefix?: string | undefined;
}

/** Whether a text is meant as such a URL. */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text);
}

/**
 * Reads `postgresql://user:password@host:port/database?sslmode=…`. User and password may hold any character: what is
 * percent-encoded is decoded, and the host begins behind the last `@`. No error shows the text.
 */
export function readPostgresUrl(text: string): PostgresUrl {
  const parts = form.exec(text)?.groups;
  if (parts === undefined) {
    throw new InputError('this is no URL of a PostgreSQL database', {
      guidance: 'It is written postgresql://user:password@host:5432/database?sslmode=require.',
    });
  }
  const parameters = new URLSearchParams(parts['query'] ?? '');
  const unknown = [...parameters.keys()].filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new InputError(`the URL of a PostgreSQL database takes no ${unknown.join(', ')}`, {
      guidance: `It takes ${[...known].join(', ')}.`,
    });
  }
  const given = (name: string): string | undefined => parameters.get(name) ?? undefined;
  const user = parts['user'] ?? '';
  const database = decoded(parts['database'] ?? '');
  return {
    host: given('host') ?? present(decoded((parts['host'] ?? '').replace(/^\[(.*)\]$/, '$1'))),
    port: whole(given('port') ?? present(parts['port'] ?? ''), 'port'),
    user: given('user') ?? present(decoded(user)),
    password: given('password') ?? (parts['password'] === undefined ? undefined : decoded(parts['password'])),
    database: given('dbname') ?? present(database),
    tls: tlsOf(parameters),
    connectTimeoutMs: seconds(given('connect_timeout')),
    schemaName: given('schemaName') ?? given('schema'),
    tablePrefix: given('tablePrefix'),
  };
}

const form =
  /^postgres(?:ql)?:\/\/(?:(?<user>[^:]*?)(?::(?<password>.*))?@)?(?<host>\[[^\]]*\]|[^@/?#:]*)(?::(?<port>\d*))?(?:\/(?<database>[^?@]*))?(?:\?(?<query>.*))?$/s;

const known: ReadonlySet<string> = new Set([
  'host',
  'port',
  'user',
  'password',
  'dbname',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'connect_timeout',
  'schemaName',
  'schema',
  'tablePrefix',
  // Understood by other programs; it changes nothing here.
  'application_name',
  'channel_binding',
]);

/** The modes of TLS as libpq means them. */
function tlsOf(parameters: URLSearchParams): PostgresTarget['tls'] | undefined {
  const mode = parameters.get('sslmode');
  const files = {
    ca: fileOf(parameters, 'sslrootcert'),
    cert: fileOf(parameters, 'sslcert'),
    key: fileOf(parameters, 'sslkey'),
  };
  if (mode === null) return files.ca === undefined ? undefined : { ...given(files), ...withoutName };
  return tlsOfMode(mode, files);
}

/** A mode of TLS as libpq means it, with certificates and key as PEM. */
export function tlsOfMode(
  mode: string,
  files: Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'passphrase'>,
): PostgresTarget['tls'] {
  const options = given(files);
  switch (mode) {
    case 'disable':
      return 'off';
    case 'allow':
    case 'prefer':
      return 'offered';
    case 'require':
      return files.ca === undefined
        ? { ...options, rejectUnauthorized: false }
        : { ...options, ...withoutName };
    case 'verify-ca':
      return { ...options, ...withoutName };
    case 'verify-full':
      return options;
    default:
      throw new InputError(`sslmode=${mode} is none`, {
        guidance: 'It is one of disable, prefer, require, verify-ca, verify-full.',
      });
  }
}

function given(files: ConnectionOptions): ConnectionOptions {
  return Object.fromEntries(Object.entries(files).filter(([, content]) => content !== undefined));
}

/** The certificate counts, whatever host it names. */
const withoutName: ConnectionOptions = { checkServerIdentity: () => undefined };

function fileOf(parameters: URLSearchParams, name: string): string | undefined {
  const path = parameters.get(name);
  if (path === null || path === 'system') return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new InputError(`${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** What is no percent-encoding stands for itself. */
function decoded(text: string): string {
  return text.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch {
      return codes;
    }
  });
}

function present(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function whole(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InputError(`the ${what} in the URL of a PostgreSQL database is no number`);
}

function seconds(text: string | undefined): number | undefined {
  const value = whole(text, 'connect_timeout');
  return value === undefined || value === 0 ? undefined : value * 1000;
}
