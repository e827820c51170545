import { z } from 'zod';
import { openDuckDb } from '../sql/duckdb/driver.ts';
import { sqlCache } from './cache.ts';
import { checkCacheOptions, generalOptions, optionSchemas } from './cache-options.ts';
import { DatabaseCache } from './database-cache.ts';
import { type FileCacheOptions, fileDatabase, fileOptionSchemas } from './file-database.ts';

export interface DuckDBCacheOptions extends FileCacheOptions {
  /** The schema that the tables lie in. Default: `main`. */
  readonly schemaName?: string | undefined;
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
    const { schemaName = 'main', tablePrefix = '', lockTimeoutMs = 0 } = checked;
    const { path, ...database } = fileDatabase(openDuckDb, { ...checked, lockTimeoutMs });
    super(
      sqlCache({ name: 'duckdb-cache', schemaName, tablePrefix, ...database, ...generalOptions(checked) }),
    );
    this.dbPath = path;
  }
}

const optionsSchema = z.strictObject({ ...fileOptionSchemas, schemaName: optionSchemas.name });
