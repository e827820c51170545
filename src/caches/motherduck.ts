import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../errors.ts';
import { homeFolder } from '../home.ts';
import { openDuckDb } from '../sql/duckdb/driver.ts';
import { sqlCache } from './cache.ts';
import {
  type CacheOptions,
  cacheOptionSchemas,
  checkCacheOptions,
  generalOptions,
  makeFolder,
  optionSchemas,
} from './cache-options.ts';
import { type ConnectionLocks, lockFilesBeside } from './connection-lock.ts';
import { DatabaseCache } from './database-cache.ts';
import { shareDriver } from './shared-driver.ts';

export interface MotherDuckCacheOptions extends CacheOptions {
  /** The database, which must be there. */
  readonly database: string;
  /** The access token. Default: `MOTHERDUCK_TOKEN` of the environment. */
  readonly apiKey?: string | undefined;
  /** The schema that the tables lie in. Default: `main`. */
  readonly schemaName?: string | undefined;
  /** Refuse to fill it: for programs that only ask. */
  readonly readOnly?: boolean | undefined;
}

/** A cache in a MotherDuck database, which is DuckDB's language and types on a server. */
export class MotherDuckCache extends DatabaseCache {
  readonly database: string;

  constructor(options: MotherDuckCacheOptions, open: typeof openDuckDb = openDuckDb) {
    const checked = checkCacheOptions('MotherDuckCache', optionsSchema, options);
    const { database, apiKey, schemaName = 'main', tablePrefix = '', readOnly = false } = checked;
    super(
      sqlCache({
        name: 'motherduck-cache',
        schemaName,
        tablePrefix,
        shared: shareDriver(
          async () => open({ path: `md:${database}`, motherDuckToken: apiKey ?? tokenFromEnvironment() }),
          { staysOpen: false },
        ),
        locks: locksHere(database),
        readOnly,
        ...generalOptions(checked),
      }),
    );
    this.database = database;
  }
}

const optionsSchema = z.strictObject({
  // A connection string is not a name: whatever follows a question mark there may be a token.
  database: z
    .string({ error: 'must be a name' })
    .regex(/^[^?&:/\\'"\p{Cc}]+$/u, { error: 'must be the name of a database; the token belongs in apiKey' }),
  apiKey: optionSchemas.name,
  schemaName: optionSchemas.name,
  readOnly: optionSchemas.flag,
  ...cacheOptionSchemas,
});

/** Without a token, MotherDuck would open a browser and wait. */
function tokenFromEnvironment(): string {
  const token = process.env['MOTHERDUCK_TOKEN'] || process.env['motherduck_token'];
  if (token !== undefined && token !== '') return token;
  throw new InputError('MotherDuckCache has no access token', {
    guidance: 'Give it as apiKey, or set MOTHERDUCK_TOKEN in the environment.',
  });
}

/** Keeps the runs of this project apart; a run on another machine is not seen. */
function locksHere(database: string): ConnectionLocks {
  const folder = join(homeFolder(), 'caches');
  return {
    async take(connection) {
      await makeFolder(folder);
      return lockFilesBeside(join(folder, `motherduck-${database}`)).take(connection);
    },
  };
}
