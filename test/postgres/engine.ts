import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import { PostgresCache } from '../../src/caches/postgres.ts';
import type { Retention } from '../../src/caches/retention.ts';
import type { Driver } from '../../src/sql/driver.ts';
import { openPostgres } from '../../src/sql/postgres/driver.ts';
import { sql } from '../../src/sql/sql.ts';
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

/** Caches of a file's tests: a schema of one database stands for each database of a test. */
export function cacheIn(
  server: TestServer,
  {
    folder,
    name,
    tablePrefix,
    retention,
  }: {
    readonly folder: string;
    readonly name: string;
    readonly tablePrefix?: string | undefined;
    readonly retention?: Retention | undefined;
  },
): PostgresCache {
  const schemaName = `t_${createHash('sha256').update(`${folder}/${name}`).digest('hex').slice(0, 16)}`;
  const { host, port, user, database } = server.target('postgres');
  return new PostgresCache({ host, port, username: user, database, schemaName, tablePrefix, retention });
}
