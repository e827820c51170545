import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { openSqlite } from '../sql/sqlite/driver.ts';
import { sqlCache } from './cache.ts';
import {
  type CacheOptions,
  cacheOptionSchemas,
  checkCacheOptions,
  generalOptions,
  makeFolder,
  optionSchemas,
} from './cache-options.ts';
import { lockFilesBeside, lockInMemory } from './connection-lock.ts';
import { DatabaseCache } from './database-cache.ts';
import { shareDriver } from './shared-driver.ts';

export interface SQLiteCacheOptions extends CacheOptions {
  /** The database file, made when it is first needed; `:memory:` for one that is gone with this object. */
  readonly dbPath: string;
  /** Open the file for reading only. */
  readonly readOnly?: boolean | undefined;
  /** How long to wait for another process that is writing to the file. Default: 30 seconds. */
  readonly lockTimeoutMs?: number | undefined;
}

/**
 * A cache in a SQLite file: typed tables that any SQLite program can read, also while they are written. Two processes
 * that write take turns.
 */
export class SQLiteCache extends DatabaseCache {
  readonly dbPath: string;

  constructor(options: SQLiteCacheOptions) {
    const checked = checkCacheOptions('SQLiteCache', optionsSchema, options);
    const { dbPath, tablePrefix = '', readOnly = false, lockTimeoutMs = 30_000 } = checked;
    const isMemory = dbPath === memory;
    const path = isMemory ? memory : resolve(dbPath);
    const openDriver = async () => {
      if (!isMemory && !readOnly) await makeFolder(dirname(path));
      return openSqlite({ path, lockTimeoutMs, readOnly });
    };
    super(
      sqlCache({
        name: 'sqlite-cache',
        schemaName: 'main',
        tablePrefix,
        shared: shareDriver(openDriver, { staysOpen: isMemory }),
        isThere: isMemory || readOnly ? undefined : () => existsSync(path),
        locks: isMemory ? lockInMemory() : lockFilesBeside(path),
        readOnly,
        ...generalOptions(checked),
      }),
    );
    this.dbPath = path;
  }
}

const memory = ':memory:';

const optionsSchema = z.strictObject({
  dbPath: optionSchemas.path,
  ...cacheOptionSchemas,
  readOnly: optionSchemas.flag,
  lockTimeoutMs: optionSchemas.timeout,
});
