import { constants } from 'node:fs';
import { copyFile, mkdtemp, open, rm, stat } from 'node:fs/promises';
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
  if (!(await isInWalMode(path))) return undefined;
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

/** As its header says; while somebody has it open, there is what a reader needs. */
async function isInWalMode(path: string): Promise<boolean> {
  if ((await stat(`${path}-shm`).catch(() => undefined)) !== undefined) return false;
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  await using _ = file;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, readVersionAt);
  return bytesRead === 1 && buffer[0] === 2;
}

const readVersionAt = 19;
