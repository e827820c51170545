import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Driver } from '../sql/driver.ts';
import { type CacheOptions, cacheOptionSchemas, makeFolder, optionSchemas } from './cache-options.ts';
import { type ConnectionLocks, lockFilesBeside, lockInMemory } from './connection-lock.ts';
import { type SharedDriver, shareDriver } from './shared-driver.ts';

/** What a cache in a file can be told, whatever its engine. */
export interface FileCacheOptions extends CacheOptions {
  /** The database file, made when it is first needed; `:memory:` for one that is gone with this object. */
  readonly dbPath: string;
  /** Open the file for reading only, as several processes may at one time. */
  readonly readOnly?: boolean | undefined;
  /** How long to wait for another process that has the file. */
  readonly lockTimeoutMs?: number | undefined;
}

/** The schemas of what a cache in a file can be told. */
export const fileOptionSchemas = {
  dbPath: optionSchemas.path,
  ...cacheOptionSchemas,
  readOnly: optionSchemas.flag,
  lockTimeoutMs: optionSchemas.timeout,
};

/** A database that is one file, or lies in memory. */
interface FileDatabase {
  /** The whole path, or `:memory:`. */
  readonly path: string;
  readonly shared: SharedDriver;
  /** Whether there is a database already, where looking into it would make one. */
  readonly isThere: (() => boolean) | undefined;
  readonly locks: ConnectionLocks;
  readonly readOnly: boolean;
}

interface FileOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly lockTimeoutMs: number;
}

/** Where the database of a cache in a file is, how it is opened, and what keeps the runs of its connections apart. */
export function fileDatabase(
  open: (options: FileOptions) => Promise<Driver>,
  {
    dbPath,
    readOnly = false,
    lockTimeoutMs,
  }: Pick<FileCacheOptions, 'dbPath' | 'readOnly'> & { readonly lockTimeoutMs: number },
): FileDatabase {
  if (dbPath === memory) {
    const shared = shareDriver(() => open({ path: memory, readOnly, lockTimeoutMs }), { staysOpen: true });
    return { path: memory, shared, isThere: undefined, locks: lockInMemory(), readOnly };
  }
  const path = resolve(dbPath);
  const openFile = async () => {
    if (!readOnly) await makeFolder(dirname(path));
    return open({ path, readOnly, lockTimeoutMs });
  };
  return {
    path,
    shared: shareDriver(openFile, { staysOpen: false }),
    isThere: readOnly ? undefined : () => existsSync(path),
    locks: lockFilesBeside(path),
    readOnly,
  };
}

const memory = ':memory:';
