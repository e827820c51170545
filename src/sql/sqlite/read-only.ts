import { closeSync, constants, existsSync, openSync, readSync } from 'node:fs';
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '../../errors.ts';
import { sqliteError } from './failures.ts';
import type { SqliteLibrary } from './library.ts';

/** A copy of a file, in a folder of its own. */
export interface FileCopy extends AsyncDisposable {
  readonly path: string;
}

/**
 * A copy of a file in WAL mode. Readers too need two files beside it, which cannot be made in a folder without the right
 * to write. Undefined where that cannot be why it is not read. `where` is the database, for people.
 */
export async function copyToRead(path: string, where: string): Promise<FileCopy | undefined> {
  if (!isInWalMode(path)) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'sluice-sqlite-'));
  const copy = join(folder, 'copy.sqlite');
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await copyFile(path, copy, constants.COPYFILE_FICLONE);
    await copyFile(`${path}-wal`, `${copy}-wal`, constants.COPYFILE_FICLONE).catch((error: unknown) => {
      if (errnoOf(error) !== 'ENOENT') throw error;
    });
  } catch (cause) {
    await remove();
    throw sqliteError(cause, where);
  }
  return { path: copy, [Symbol.asyncDispose]: remove };
}

/** A reader cannot remove the two files again, so the last one has it done; where that fails, they lie there. */
export async function removeCompanions(path: string, library: SqliteLibrary): Promise<void> {
  const wal = await stat(`${path}-wal`).catch(() => undefined);
  // What has rows in it is a writer's.
  if (wal?.size !== 0) return;
  try {
    const connection = library.open(path, { readOnly: false });
    try {
      connection.exec('SELECT count(*) FROM sqlite_schema');
    } finally {
      connection.close();
    }
  } catch {
    // Somebody else has the file, and will close it.
  }
}

/**
 * Whether nobody has the file open, so that reading it in WAL mode would make two files beside it, which would be the
 * reader's: whoever owns the file could then not write to it any more.
 */
export function isOnlyReadable(path: string): boolean {
  return briefly(path, 'r+', () => false) ?? briefly(path, 'r', () => true) ?? false;
}

/** As its header says; while somebody has it open, there is what a reader needs. */
function isInWalMode(path: string): boolean {
  const version = Buffer.alloc(1);
  return (
    briefly(path, 'r', (file) => readSync(file, version, 0, 1, readVersionAt) === 1 && version[0] === 2) ??
    false
  );
}

/**
 * Looks into a file that nobody has open in WAL mode. To close a file gives up all locks that this process has on it, so no
 * SQLite of ours may open it meanwhile: hence without a pause.
 */
function briefly<T>(path: string, flags: string, look: (file: number) => T): T | undefined {
  if (existsSync(`${path}-shm`)) return undefined;
  let file: number;
  try {
    file = openSync(path, flags);
  } catch {
    return undefined;
  }
  try {
    return look(file);
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}

const readVersionAt = 19;
