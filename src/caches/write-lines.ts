import { open } from 'node:fs/promises';
import { writeWhole } from './whole-file.ts';

/** Writes lines to a file that appears only when it is whole. Answers how many. */
export function writeLines(path: string, lines: AsyncIterable<string>): Promise<number> {
  return writeWhole(path, async (draft) => {
    let count = 0;
    const file = await open(draft, 'w');
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
    return count;
  });
}

const flushedAt = 262_144;
