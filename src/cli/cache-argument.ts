import { existsSync } from 'node:fs';
import { InputError } from '../errors.ts';
import { DuckDBCache, getDefaultCache, newLocalCache } from '../index.ts';

/** The cache of `--cache`: the default one where only the flag is given, one of `.sluice/caches` by name, or a file. */
export function openCacheArgument(argument: string | true | undefined): DuckDBCache {
  if (argument === undefined || argument === true) return getDefaultCache();
  if (/^\w[\w-]*$/.test(argument)) return newLocalCache(argument);
  if (argument === ':memory:') {
    throw new InputError('--cache :memory: would be gone when the command ends', {
      guidance: 'Give a name or the path of a file.',
    });
  }
  return new DuckDBCache({ dbPath: argument });
}

/** The same where nothing is to be written: the file must be there, and others may read it meanwhile. */
export function openCacheToRead(argument: string | true | undefined): DuckDBCache {
  const { dbPath } = openCacheArgument(argument);
  if (existsSync(dbPath)) return new DuckDBCache({ dbPath, readOnly: true });
  throw new InputError(`there is no cache ${dbPath}`, {
    guidance: 'Fill one by: sluice read SOURCE --cache. Another is named by --cache NAME or --cache PATH.',
    context: { path: dbPath },
  });
}
