import { open, rm } from 'node:fs/promises';
import { storageError } from '../../errors.ts';
import { checkRow } from '../check-row.ts';
import type { StagingSource } from '../driver.ts';

/** A line, and the row of the staging table that waits for it. */
export interface NumberedLine {
  readonly place: string;
  readonly line: string;
}

/** A private file of rows that checkRow has read, for DuckDB to take without another question. */
export interface CheckedFile extends AsyncDisposable {
  readonly path: string;
  readonly rows: number;
  /** Bytes of the longest row. */
  readonly longest: number;
}

/** Each row is `{"place":"7","v":["1","x",null],"e":1795258828772,…}`. */
export async function writeCheckedFile(
  path: string,
  lines: AsyncIterable<NumberedLine>,
  { table, syncId }: StagingSource,
): Promise<CheckedFile> {
  const dispose = (): Promise<void> => rm(path, { force: true });
  let rows = 0;
  let longest = 0;
  try {
    await using file = await open(path, 'wx', 0o600);
    let texts: string[] = [];
    let length = 0;
    for await (const { place, line } of lines) {
      const { values, emittedAt, meta, form, raw } = checkRow(line, table, { syncId });
      const text = `${JSON.stringify({ place, v: values, e: emittedAt, meta, form, raw })}\n`;
      longest = Math.max(longest, Buffer.byteLength(text));
      texts.push(text);
      length += text.length;
      rows += 1;
      if (length < flushLength) continue;
      await file.appendFile(texts.join(''));
      texts = [];
      length = 0;
    }
    await file.appendFile(texts.join(''));
  } catch (cause) {
    await dispose();
    throw storageError(cause, `cannot write ${path}`);
  }
  return { path, rows, longest, [Symbol.asyncDispose]: dispose };
}

const flushLength = 1 << 20;
