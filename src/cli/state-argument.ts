import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError } from '../errors.ts';
import { homeFolder } from '../home.ts';
import { type Cache, type StateArchive, StateFolder } from '../index.ts';
import { openCacheArgument, openCacheToRead } from './cache-argument.ts';

/** Where `--state-cache` keeps state: a folder, a cache where it is a file or a URL, nowhere for `none`. */
export function openStateArgument(argument: string | undefined): StateFolder | Cache | false | undefined {
  if (argument === undefined) return undefined;
  if (argument === 'none') return false;
  return isFile(argument) || isService(argument)
    ? openCacheArgument(argument)
    : new StateFolder({ folder: argument });
}

interface OpenArchive extends AsyncDisposable {
  readonly archive: StateArchive;
  readonly path: string;
}

/** What is kept at the place that `--state-cache` names; unless it is to be written, it has to be there. */
export function openArchive(
  argument: string | undefined,
  { isWritten }: { readonly isWritten: boolean },
): OpenArchive {
  if (argument !== undefined && isService(argument)) {
    const cache = isWritten ? openCacheArgument(argument) : openCacheToRead(argument);
    // The argument itself may hold a password.
    return {
      archive: cache.archive,
      path: cache.name,
      [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
    };
  }
  const path = resolve(argument ?? join(homeFolder(), 'state'));
  if (argument !== undefined && !isWritten && !existsSync(path)) {
    throw new InputError(`there is no ${argument}`, {
      guidance: 'Give --state-cache the folder, or the file of the cache, in which state was kept.',
      context: { path },
    });
  }
  if (argument === undefined || !isFile(argument)) {
    return { archive: new StateFolder({ folder: argument }), path, [Symbol.asyncDispose]: async () => {} };
  }
  const cache = isWritten ? openCacheArgument(argument) : openCacheToRead(argument);
  return { archive: cache.archive, path, [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose]() };
}

function isFile(path: string): boolean {
  return existsSync(path) ? statSync(path).isFile() : /\.(duckdb|sqlite3?|db)$/.test(path);
}

/** A database that is no file: the URL of a server, `md:` for MotherDuck; `sqlite:` says what its file is. */
function isService(argument: string): boolean {
  return /^(\w+:\/\/|md:|motherduck:|sqlite:)/.test(argument);
}
