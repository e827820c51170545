import { existsSync, statSync } from 'node:fs';
import { DuckDBCache, StateFolder } from '../index.ts';

/** Where `--state-cache` keeps state: a folder, a cache where it is a file, nowhere for `none`. */
export function openStateArgument(
  argument: string | undefined,
): StateFolder | DuckDBCache | false | undefined {
  if (argument === undefined) return undefined;
  if (argument === 'none') return false;
  return isFile(argument) ? new DuckDBCache({ dbPath: argument }) : new StateFolder({ folder: argument });
}

function isFile(path: string): boolean {
  return existsSync(path) ? statSync(path).isFile() : /\.(duckdb|db)$/.test(path);
}
