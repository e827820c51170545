import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { InputError } from '../errors.ts';
import {
  DuckDBCache,
  getDefaultCache,
  MotherDuckCache,
  newLocalCache,
  PostgresCache,
  SQLiteCache,
} from '../index.ts';
import { isPostgresUrl } from '../sql/postgres/connection-url.ts';
import { fillUrl } from './fill-url.ts';

type FileCache = DuckDBCache | SQLiteCache;
type NamedCache = FileCache | MotherDuckCache | PostgresCache;

/**
 * The cache of `--cache`: the default one where only the flag is given, one of `.sluice/caches` by name, a file, a
 * database of MotherDuck, or the URL of a PostgreSQL database.
 */
export function openCacheArgument(argument: string | true | undefined): NamedCache {
  return openService(argument) ?? openFile(argument);
}

/** The same where nothing is to be written: a file must be there, and others may read it meanwhile. */
export function openCacheToRead(argument: string | true | undefined): NamedCache {
  const service = openService(argument, { readOnly: true });
  if (service !== undefined) return service;
  const cache = openFile(argument);
  const { dbPath } = cache;
  if (existsSync(dbPath)) {
    const options = { dbPath, readOnly: true };
    return cache instanceof SQLiteCache ? new SQLiteCache(options) : new DuckDBCache(options);
  }
  throw new InputError(`there is no cache ${dbPath}`, {
    guidance: 'Fill one by: sluice read SOURCE --cache. Another is named by --cache NAME or --cache PATH.',
    context: { path: dbPath },
  });
}

/** Where a cache lies, for people. */
export function placeOf(cache: NamedCache): string {
  if (cache instanceof MotherDuckCache) return `md:${cache.database}`;
  return cache instanceof PostgresCache ? cache.description : cache.dbPath;
}

/** A cache that is no file; the whole of a URL may come from the environment, which is where secrets belong. */
function openService(
  argument: string | true | undefined,
  { readOnly = false } = {},
): MotherDuckCache | PostgresCache | undefined {
  if (typeof argument !== 'string') return undefined;
  if (argument.startsWith('md:')) return new MotherDuckCache({ database: argument.slice('md:'.length) });
  const isUrl = isPostgresUrl(argument) || argument.startsWith(`\${`);
  return isUrl ? new PostgresCache({ url: fillUrl('--cache', argument), readOnly }) : undefined;
}

function openFile(argument: string | true | undefined): FileCache {
  if (argument === undefined || argument === true) return getDefaultCache();
  if (/^\w[\w-]*$/.test(argument)) return newLocalCache(argument);
  if (argument === '' || argument === 'sqlite:') {
    throw new InputError('--cache names no cache', { guidance: 'Give a name or the path of a file.' });
  }
  if (argument === ':memory:') {
    throw new InputError('--cache :memory: would be gone when the command ends', {
      guidance: 'Give a name or the path of a file.',
    });
  }
  if (argument.startsWith('sqlite:')) return new SQLiteCache({ dbPath: argument.slice('sqlite:'.length) });
  return isSqlite(argument) ? new SQLiteCache({ dbPath: argument }) : new DuckDBCache({ dbPath: argument });
}

/** What a file is, its first bytes say; of one that is not there yet, its name. */
function isSqlite(path: string): boolean {
  const head = headOf(path);
  if (head.startsWith('SQLite format 3\0')) return true;
  return head.slice(8, 12) !== 'DUCK' && /\.(sqlite3?|db)$/i.test(path);
}

function headOf(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const head = Buffer.alloc(16);
      return head.toString('latin1', 0, readSync(file, head));
    } finally {
      closeSync(file);
    }
  } catch {
    // Opening the cache says what is wrong with the file, if anything is.
    return '';
  }
}
