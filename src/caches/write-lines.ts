import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { SluiceError, storageFailure } from '../errors.ts';

/** Writes lines to a file that appears, in the place of any that was there, only when it is whole. Answers how many. */
export async function writeLines(path: string, lines: AsyncIterable<string>): Promise<number> {
  const draft = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  let count = 0;
  try {
    const file = await open(draft, 'wx');
    try {
      let pending = '';
      for await (const line of lines) {
        pending += line;
        count += 1;
        if (pending.length < flushedAt) continue;
        await file.writeFile(pending);
        pending = '';
      }
      await file.writeFile(pending);
    } finally {
      await file.close();
    }
    await rename(draft, path);
    return count;
  } catch (error) {
    await rm(draft, { force: true });
    throw error instanceof SluiceError ? error : storageFailure(error, `cannot write ${path}`);
  }
}

const flushedAt = 262_144;
