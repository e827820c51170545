import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import { PostgresCache, understood } from '../../src/caches/postgres.ts';
import type { Retention } from '../../src/caches/retention.ts';
import type { Driver } from '../../src/sql/driver.ts';
import { openPostgres } from '../../src/sql/postgres/driver.ts';
import { ident, sql } from '../../src/sql/sql.ts';
import type { TimeCodec } from '../../src/sql/time-codec.ts';
import { type ServerOptions, startServer, type TestServer } from './server.ts';

/** One server for the tests of a file, from before the first to after the last. */
export function runningServer(options?: ServerOptions): () => TestServer {
  let server: TestServer | undefined;
  beforeAll(async () => {
    server = await startServer(options);
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  return () => server ?? expect.fail('the server has not started');
}

/** Opens PostgreSQL as if its database were new: a new one each time would cost half a second. */
export function emptyDatabase(serverOf: () => TestServer): () => Promise<Driver> {
  return async () => {
    const driver = await openPostgres(serverOf().target('postgres'));
    await driver.run(sql`DROP SCHEMA public CASCADE`);
    await driver.run(sql`CREATE SCHEMA public`);
    return driver;
  };
}

/** A server of the person's own, for the contract to be held there too: SLUICE_TEST_POSTGRES names it by a URL. */
export const ownServer = process.env['SLUICE_TEST_POSTGRES'];

/** Opens a new database of that server, which is gone again when the driver is closed. */
export async function ownDatabase(): Promise<Driver> {
  const target = understood({ url: ownServer }).target;
  const name = `sluice_test_${randomBytes(6).toString('hex')}`;
  const admin = await openPostgres(target);
  await admin.run(sql`CREATE DATABASE ${ident(name)}`);
  const driver = await openPostgres({ ...target, database: name });
  const close = driver[Symbol.asyncDispose].bind(driver);
  return Object.assign(driver, {
    async [Symbol.asyncDispose]() {
      await close();
      await admin.run(sql`DROP DATABASE ${ident(name)}`);
      await admin[Symbol.asyncDispose]();
    },
  });
}

/** Caches of a file's tests: a schema of one database stands for each database of a test. */
export function cacheIn(
  server: TestServer,
  {
    folder,
    name,
    tablePrefix,
    retention,
    times,
  }: {
    readonly folder: string;
    readonly name: string;
    readonly tablePrefix?: string | undefined;
    readonly retention?: Retention | undefined;
    readonly times?: TimeCodec | undefined;
  },
): PostgresCache {
  const schemaName = `t_${createHash('sha256').update(`${folder}/${name}`).digest('hex').slice(0, 16)}`;
  const { host, port, user, database } = server.target('postgres');
  const options = { schemaName, tablePrefix, retention, times };
  return new PostgresCache({ host, port, username: user, database, ...options });
}
