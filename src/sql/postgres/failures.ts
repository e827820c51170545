import { errnoOf, messageOf, SluiceError, StorageError } from '../../errors.ts';
import type { SqlFailure } from '../driver.ts';
import { stoppedError } from '../stopped.ts';

/** One line for what PostgreSQL or the way to it throws. `where` is the database, for people; never a password. */
export function postgresError(cause: unknown, where: string, signal?: AbortSignal): unknown {
  if (cause instanceof SluiceError) return cause;
  const code = codeOf(cause);
  if (signal?.aborted === true && (code === '57014' || isDisconnection(cause))) {
    return stoppedError(signal, where);
  }
  const text = oneLine(messageOf(cause) || code || 'unknown failure');
  const known = knownByText.find(({ pattern }) => pattern.test(text)) ?? knownFailure(code);
  const failure: SqlFailure = known?.failure ?? (isDisconnection(cause) ? 'transient' : 'terminal');
  const context = { engine: 'PostgreSQL', failure, sqlState: code, engineMessage: text };
  const says = known?.says === undefined ? text : known.says.replace('%s', text);
  return new StorageError(`${where}: ${says}`, { guidance: known?.guidance, context, cause });
}

/** Whether the server at this place speaks no TLS. */
export function refusesTls(cause: unknown): boolean {
  return /server does not support SSL connections/.test(messageOf(cause));
}

interface Known {
  readonly failure: SqlFailure;
  /** `%s` stands for what the server said. */
  readonly says?: string;
  readonly guidance?: string;
}

/** The SQLSTATE, or the errno of a connection that could not be made. */
function codeOf(cause: unknown): string | undefined {
  const errors = cause instanceof AggregateError ? cause.errors : [];
  return errnoOf(cause) ?? errnoOf(errors[0]);
}

function isDisconnection(cause: unknown): boolean {
  return /^(08|57P0)|^E[A-Z]+$/.test(codeOf(cause) ?? '') || terminated.test(messageOf(cause));
}

const terminated =
  /Connection terminated|Client has encountered a connection error|Client was closed|not queryable|timeout expired/;

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 500);
}

/** By the whole code, else by its class, which is its first two characters. */
function knownFailure(code: string | undefined): Known | undefined {
  return code === undefined ? undefined : (byCode[code] ?? byCode[code.slice(0, 2)]);
}

const down: Known = {
  failure: 'transient',
  says: 'the server cannot be reached (%s)',
  guidance: 'Check host and port, that the server runs, and that it takes connections from this machine.',
};
const unknownHost: Known = {
  failure: 'terminal',
  says: 'there is no such host (%s)',
  guidance: 'Check the name of the host.',
};
const ended: Known = {
  failure: 'transient',
  says: 'the server has ended the connection (%s)',
  guidance:
    'Nothing that was committed is lost: run again once the server is up, and the read goes on from there.',
};
const refused: Known = {
  failure: 'terminal',
  says: 'the server does not let this user in (%s)',
  guidance:
    'Check username and password. A password with special characters needs no care in options; in a URL it may be percent-encoded.',
};

/** What pg itself says, without a code. */
const knownByText: readonly (Known & { readonly pattern: RegExp })[] = [
  {
    pattern: /cannot insert multiple commands into a prepared statement/,
    failure: 'terminal',
    says: 'these are several statements, and a query is one',
    guidance: 'Run them one after the other.',
  },
  {
    pattern: /server does not support SSL connections/,
    failure: 'terminal',
    says: 'the server speaks no TLS, which the options ask for',
    guidance: 'Give sslmode=prefer or sslmode=disable, or turn TLS on in the server.',
  },
  {
    pattern: /pg_hba\.conf .*(no encryption|SSL off)/,
    failure: 'terminal',
    says: 'the server takes no connection without TLS here (%s)',
    guidance: 'Give sslmode=require, or ssl: true to have its certificate checked as well.',
  },
  {
    pattern:
      /self.signed certificate|unable to (get|verify)|certificate (has expired|is not yet valid)|altnames|Hostname\/IP/i,
    failure: 'terminal',
    says: "the server's certificate is not trusted (%s)",
    guidance:
      'Give the certificate of its authority as ssl: { ca } or sslrootcert, or sslmode=require to leave it unchecked.',
  },
  {
    pattern: /client password must be a string|SASL.*password/i,
    failure: 'terminal',
    says: 'the server wants a password, and none was given',
    guidance: 'Give password, or set PGPASSWORD.',
  },
  { pattern: terminated, ...ended },
  {
    pattern: /permission denied for (table|sequence|view)|must be owner of/,
    failure: 'terminal',
    says: '%s',
    guidance:
      'Let the role own the tables of the cache: ALTER TABLE … OWNER TO it, or give the cache another schemaName.',
  },
  {
    pattern: /permission denied for schema (\S+)/,
    failure: 'terminal',
    says: '%s',
    guidance: 'Grant it: GRANT USAGE, CREATE ON SCHEMA … TO the role; or give a schemaName where it may.',
  },
  {
    pattern: /permission denied to create temporary tables/,
    failure: 'terminal',
    says: '%s',
    guidance: 'Grant it: GRANT TEMPORARY ON DATABASE … TO the role.',
  },
  {
    pattern: /permission denied for database/,
    failure: 'terminal',
    says: '%s',
    guidance:
      'Grant it (GRANT CONNECT, TEMPORARY ON DATABASE … TO the role), or have an owner make the schema: CREATE SCHEMA … AUTHORIZATION the role.',
  },
];

/** By SQLSTATE, its class, or errno. */
const byCode: Readonly<Record<string, Known>> = {
  '23': {
    failure: 'terminal',
    says: 'a row breaks an index or a constraint that Sluice has not made',
    guidance: 'Drop it, or see which rows of the source it refuses.',
  },
  '42P01': { failure: 'undefined_relation' },
  '42703': { failure: 'undefined_relation' },
  '3F000': { failure: 'undefined_relation' },
  '28': refused,
  '3D000': {
    failure: 'terminal',
    says: '%s',
    guidance: 'Check the name of the database, or make it: createdb NAME.',
  },
  '42501': { failure: 'terminal', says: '%s', guidance: 'Grant the role what it lacks: see docs/caches.md.' },
  '25006': {
    failure: 'terminal',
    says: 'it can only be read here (%s)',
    guidance: 'It was opened for reading, or the server is a standby: connect to the primary.',
  },
  '53100': {
    failure: 'terminal',
    says: "the server's disk is full",
    guidance: 'Free some space there and run again: what was committed is kept.',
  },
  '53200': { failure: 'transient', says: 'the server ran out of memory' },
  '53300': {
    failure: 'transient',
    says: 'the server has too many connections (%s)',
    guidance: 'Wait for others to end, or raise max_connections. A read takes three.',
  },
  '54011': {
    failure: 'terminal',
    says: 'a table has more columns than the 1,600 that PostgreSQL takes',
    guidance: 'Leave fields out of the stream at its source, or read it into a DuckDB cache.',
  },
  '54000': { failure: 'terminal', says: 'a row is larger than PostgreSQL takes (%s)' },
  '57014': { failure: 'transient', says: 'the statement was cancelled (%s)' },
  '57P03': { ...down, says: 'the server takes no connections yet (%s)' },
  '57': ended,
  '08': ended,
  '40': { failure: 'transient' },
  '55P03': { failure: 'transient' },
  ECONNREFUSED: down,
  ETIMEDOUT: down,
  EHOSTUNREACH: down,
  ENETUNREACH: down,
  ENOENT: { ...down, says: 'there is no socket of a server in this folder (%s)' },
  EACCES: down,
  ENOTFOUND: unknownHost,
  EAI_AGAIN: { ...unknownHost, failure: 'transient' },
  ECONNRESET: ended,
  EPIPE: ended,
};
