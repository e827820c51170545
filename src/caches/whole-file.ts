import { randomBytes } from 'node:crypto';
import { open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SluiceError, storageFailure } from '../errors.ts';

/**
 * Has a file written that appears, in the place of any that was there, only when it is whole: `write` is given the draft
 * of it. A link stays one, and what is no file, such as a named pipe, takes what is written as it comes.
 */
export async function writeWhole<T>(path: string, write: (draft: string) => Promise<T>): Promise<T> {
  const before = await stat(path).catch(() => undefined);
  const target = await targetOf(path);
  const isFile = before?.isFile() ?? true;
  const draft = isFile ? `${target}.${randomBytes(4).toString('hex')}.tmp` : path;
  try {
    if (isFile) await (await open(draft, 'wx')).close();
    const written = await write(draft);
    if (isFile) await rename(draft, target);
    return written;
  } catch (error) {
    if (isFile) await rm(draft, { force: true });
    throw error instanceof SluiceError ? error : storageFailure(error, `cannot write ${path}`);
  }
}

/** Where a link leads, also one to nothing yet; the path itself for all else. */
async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const link = await readlink(path).catch(() => undefined);
    return link === undefined ? path : resolve(dirname(path), link);
  }
}
