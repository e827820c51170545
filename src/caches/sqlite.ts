import { z } from 'zod';
import { openSqlite } from '../sql/sqlite/driver.ts';
import { sqlCache } from './cache.ts';
import { checkCacheOptions, generalOptions } from './cache-options.ts';
import { DatabaseCache } from './database-cache.ts';
import { type FileCacheOptions, fileDatabase, fileOptionSchemas } from './file-database.ts';

export interface SQLiteCacheOptions extends FileCacheOptions {
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
    const { tablePrefix = '', lockTimeoutMs = 30_000 } = checked;
    const { path, ...database } = fileDatabase(openSqlite, { ...checked, lockTimeoutMs });
    super(
      sqlCache({
        name: 'sqlite-cache',
        schemaName: 'main',
        tablePrefix,
        ...database,
        ...generalOptions(checked),
      }),
    );
    this.dbPath = path;
  }
}

const optionsSchema = z.strictObject(fileOptionSchemas);
