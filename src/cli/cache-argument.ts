import { existsSync } from 'node:fs';
import { InputError } from '../errors.ts';
import { DuckDBCache, getDefaultCache, newLocalCache, PostgresCache } from '../index.ts';
import { isPostgresUrl } from '../sql/postgres/connection-url.ts';
import { fillUrl } from './fill-url.ts';

/** A cache of the command line. */
type CommandCache = DuckDBCache | PostgresCache;

/** The cache of `--cache`: the default one where only the flag is given, one of `.sluice/caches` by name, a URL or a file. */
export function openCacheArgument(argument: string | true | undefined): CommandCache {
  const url = urlOf(argument);
  return url === undefined ? openFile(argument) : new PostgresCache({ url });
}

/** The same where nothing is to be written: a file must be there, and others may read it meanwhile. */
export function openCacheToRead(argument: string | true | undefined): CommandCache {
  const url = urlOf(argument);
  if (url !== undefined) return new PostgresCache({ url, readOnly: true });
  const { dbPath } = openFile(argument);
  if (existsSync(dbPath)) return new DuckDBCache({ dbPath, readOnly: true });
  throw new InputError(`there is no cache ${dbPath}`, {
    guidance: 'Fill one by: sluice read SOURCE --cache. Another is named by --cache NAME or --cache PATH.',
    context: { path: dbPath },
  });
}

/** Where a cache is, for people. */
export function placeOf(cache: CommandCache): string {
  return 'dbPath' in cache ? cache.dbPath : cache.description;
}

function openFile(argument: string | true | undefined): DuckDBCache {
  if (argument === undefined || argument === true) return getDefaultCache();
  if (/^\w[\w-]*$/.test(argument)) return newLocalCache(argument);
  if (argument === ':memory:') {
    throw new InputError('--cache :memory: would be gone when the command ends', {
      guidance: 'Give a name or the path of a file.',
    });
  }
  return new DuckDBCache({ dbPath: argument });
}

/** The whole of it may come from the environment, which is where secrets belong. */
function urlOf(argument: string | true | undefined): string | undefined {
  if (typeof argument !== 'string') return undefined;
  if (isPostgresUrl(argument) || argument.startsWith(`\${`)) return fillUrl('--cache', argument);
  return undefined;
}
