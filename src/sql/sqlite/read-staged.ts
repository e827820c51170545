import { createReadStream } from 'node:fs';
import { textMark, textMarkByte } from '../staged-rows.ts';
import type { SqliteValue } from './library.ts';

/** The cells of one staged row (see staged-rows.ts): its texts, null for NULL. */
export type StagedCells = SqliteValue[];

/** The rows of files of staged rows, as many at a time as a piece of a file holds. */
export async function* readStaged(
  files: readonly string[],
  cells: number,
): AsyncGenerator<readonly StagedCells[]> {
  for (const file of files) {
    const decoder = new TextDecoder();
    let text = '';
    for await (const piece of createReadStream(file, { highWaterMark: 500_000 })) {
      text += decoder.decode(piece, { stream: true });
      const { rows, end } = wholeRows(text, cells);
      text = text.slice(end);
      if (rows.length > 0) yield rows;
    }
  }
}

/** The rows that the text holds from its beginning, and where they end. */
function wholeRows(
  text: string,
  cells: number,
): { readonly rows: readonly StagedCells[]; readonly end: number } {
  const rows: StagedCells[] = [];
  let end = 0;
  let at = 0;
  for (;;) {
    const row: StagedCells = new Array<SqliteValue>(cells).fill(null);
    for (let index = 0; index < cells; index += 1) {
      const after = text.charCodeAt(at) === textMarkByte ? endOfText(text, at) : endOfBare(text, at);
      if (after < 0 || after >= text.length) return { rows, end };
      if (after > at) row[index] = cellOf(text, at, after);
      at = after + 1;
    }
    rows.push(row);
    end = at;
  }
}

const comma = 0x2c;
const newline = 0x0a;

/** Behind the mark that closes a text, in which a doubled mark is none; below 0 where it is not there yet. */
function endOfText(text: string, from: number): number {
  let at = from;
  do {
    at = text.indexOf(textMark, at + 1);
    if (at < 0) return -1;
    at += 1;
  } while (text.charCodeAt(at) === textMarkByte);
  return at;
}

function endOfBare(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === comma || code === newline) return at;
  }
  return -1;
}

function cellOf(text: string, from: number, to: number): string {
  if (text.charCodeAt(from) !== textMarkByte) return text.slice(from, to);
  const inner = text.slice(from + 1, to - 1);
  return inner.includes(textMark) ? inner.replaceAll(textMark + textMark, textMark) : inner;
}
