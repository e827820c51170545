import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
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
import { lockFilesBeside, lockInMemory } from './connection-lock.ts';
import { DatabaseCache } from './database-cache.ts';
import { shareDriver } from './shared-driver.ts';

export interface DuckDBCacheOptions extends CacheOptions {
  /** The database file, made when it is first needed; `:memory:` for one that is gone with this object. */
  readonly dbPath: string;
  /** The schema that the tables lie in. Default: `main`. */
  readonly schemaName?: string | undefined;
  /** Open the file for reading only, as several processes may at one time. */
  readonly readOnly?: boolean | undefined;
  /** How long to wait for another process that holds the file. Default: 0, an error at once that names the process. */
  readonly lockTimeoutMs?: number | undefined;
}

/**
 * A cache in a DuckDB file: typed tables that any DuckDB program can read. The file is open only while something is
 * read or written; two processes cannot have it open at one time.
 */
export class DuckDBCache extends DatabaseCache {
  readonly dbPath: string;

  constructor(options: DuckDBCacheOptions) {
    const checked = checkCacheOptions('DuckDBCache', optionsSchema, options);
    const { dbPath, schemaName = 'main', tablePrefix = '', readOnly = false, lockTimeoutMs = 0 } = checked;
    const isMemory = dbPath === memory;
    const path = isMemory ? memory : resolve(dbPath);
    const openDriver = async () => {
      if (!isMemory && !readOnly) await makeFolder(dirname(path));
      return openDuckDb({ path, lockTimeoutMs, readOnly });
    };
    super(
      sqlCache({
        name: 'duckdb-cache',
        schemaName,
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
  schemaName: optionSchemas.name,
  ...cacheOptionSchemas,
  readOnly: optionSchemas.flag,
  lockTimeoutMs: optionSchemas.timeout,
});
