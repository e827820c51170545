import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { homeFolder } from '../home.ts';
import { DuckDBCache } from './duckdb.ts';

/** The project's own cache: a DuckDB file under `.sluice/caches`. */
export function getDefaultCache(): DuckDBCache {
  return newLocalCache('default');
}

/** A cache of that name under `.sluice/caches`: the one that is there, or a new one. Without a name always a new one. */
export function newLocalCache(name: string = randomBytes(6).toString('hex')): DuckDBCache {
  if (typeof name !== 'string' || !/^\w[\w-]*$/.test(name)) {
    throw new InputError(`${JSON.stringify(name)} cannot be the name of a cache`, {
      guidance:
        'A name has letters, digits, - and _ only. For a file of your own use new DuckDBCache({ dbPath }).',
    });
  }
  return new DuckDBCache({ dbPath: join(homeFolder(), 'caches', `${name}.duckdb`) });
}
