import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { separator } from './staging-sql.ts';

/** What must be known of files of lines before DuckDB is given them. */
export interface Survey {
  readonly bytes: number;
  /** No line has more bytes than this. */
  readonly longest: number;
  /** UTF-8, no carriage return, which DuckDB takes for the end of a line, and none of the separators given to it. */
  readonly isPlain: boolean;
}

export async function surveyLines(files: readonly string[]): Promise<Survey> {
  let all = 0;
  let longest = 0;
  let isPlain = true;
  for (const file of files) {
    for await (const bytes of wholeLines(file)) {
      isPlain &&= isUtf8(bytes) && !bytes.includes(carriageReturn) && !bytes.includes(separator);
      longest = Math.max(longest, bytes.length);
      all += bytes.length;
    }
  }
  return { bytes: all, longest, isPlain };
}

/** The lines of files as texts, blank ones left out; bytes that are no UTF-8 become the sign for that. */
export async function* linesOf(files: readonly string[]): AsyncIterable<string> {
  for (const file of files) {
    for await (const bytes of wholeLines(file)) {
      for (const line of bytes.toString().split('\n')) if (line.trim() !== '') yield line;
    }
  }
}

/** A piece is a bound for the lines in it: small enough to tell usual lines from those of megabytes. */
const pieceBytes = 1 << 20;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** A file in pieces that end where a line ends. */
async function* wholeLines(file: string): AsyncIterable<Buffer> {
  let held: Buffer[] = [];
  for await (const chunk of createReadStream(file, { highWaterMark: pieceBytes })) {
    const bytes: Buffer = chunk;
    const last = bytes.lastIndexOf(lineFeed);
    if (last < 0) {
      held.push(bytes);
      continue;
    }
    yield Buffer.concat([...held, bytes.subarray(0, last + 1)]);
    held = [bytes.subarray(last + 1)];
  }
  const rest = Buffer.concat(held);
  if (rest.length > 0) yield rest;
}
