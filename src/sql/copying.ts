import { ReusedMemory } from '../protocol/reused-memory.ts';

/**
 * A line on its way into a row, byte by byte. Whoever copies a value is given its place in the source, and answers the
 * place behind it, or `unusual`: what has been written of the row then counts for nothing.
 */
export interface Copying {
  /** UTF-8, in which every line ends in a newline; no value contains one, so that nothing is read beyond it. */
  source: Buffer;
  sourceWords: DataView;
  /** Has room for the row. */
  target: Buffer;
  targetWords: DataView;
  /** Where the next byte is written. */
  to: number;
  /** Whether the columns give back every value as it was spelled. */
  comesBack: boolean;
  /** How UTC has been spelled so far: 1 for `Z`, 2 for `+00:00`, 3 for both. */
  zones: number;
  /** Hashes of the keys of the JSON objects that are open. */
  readonly keys: Int32Array;
  readonly holdsNul: boolean;
  /** Where targets come from. */
  readonly memory: ReusedMemory;
}

/** Spelled in another way than the usual one: to be read by checkRow. */
export const unusual = -1;

export function makeCopying({
  holdsNul,
  memory = makeRowMemory(),
}: {
  readonly holdsNul: boolean;
  readonly memory?: ReusedMemory | undefined;
}): Copying {
  return {
    source: nothing,
    sourceWords: wordsOf(nothing),
    target: nothing,
    targetWords: wordsOf(nothing),
    to: 0,
    comesBack: true,
    zones: 0,
    keys: new Int32Array(mostKeys),
    holdsNul,
    memory,
  };
}

/** Where rows are written before they go to a file. */
export function makeRowMemory(): ReusedMemory {
  return new ReusedMemory({ mostFreeBytes: gatheredBytes });
}

/** About what gathers before it is written, and its waste, so that no piece is made twice. */
const gatheredBytes = 16_000_000;

/** Begins anew with this source, and with a target of about so many bytes. */
export function setSource(copying: Copying, source: Buffer, bytes: number): void {
  copying.source = source;
  copying.sourceWords = wordsOf(source);
  copying.to = 0;
  setTarget(copying, bytes === 0 ? nothing : copying.memory.take(bytes + usualRoom));
}

/** Sees to it that so many bytes can be written. */
export function reserve(copying: Copying, bytes: number): void {
  const { target, to, memory } = copying;
  if (target.length - to >= bytes) return;
  const larger = memory.take(Math.ceil((to + bytes) * 1.2));
  target.copy(larger, 0, 0, to);
  memory.giveBack(target);
  setTarget(copying, larger);
}

function setTarget(copying: Copying, target: Buffer): void {
  copying.target = target;
  copying.targetWords = wordsOf(target);
}

function wordsOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

const nothing = Buffer.alloc(0);

/** Room for the last row, whose length is known when it is written. */
const usualRoom = 4096;

/** Objects that are nested in each other have no more keys than this, or they are read by checkRow. */
const mostKeys = 512;

/** What is copied of a value before anything has to be looked at: up to a quote, a backslash or a control character. */
export function copyPlain(copying: Copying, at: number): number {
  const { source, sourceWords, target, targetWords } = copying;
  const lastWord = source.length - 4;
  let { to } = copying;
  let next = at;
  // Four bytes at a time take two thirds of the time, and less where texts are long.
  while (next <= lastWord) {
    const word = sourceWords.getInt32(next, true);
    const quotes = word ^ 0x22222222;
    const backslashes = word ^ 0x5c5c5c5c;
    const found =
      ((quotes - 0x01010101) & ~quotes) |
      ((backslashes - 0x01010101) & ~backslashes) |
      ((word - 0x20202020) & ~word);
    if ((found & 0x80808080) !== 0) break;
    targetWords.setInt32(to, word, true);
    to += 4;
    next += 4;
  }
  for (;;) {
    const byte = source[next] ?? 0;
    if (byte === 0x22 || byte === 0x5c || byte < 0x20) break;
    target[to] = byte;
    to += 1;
    next += 1;
  }
  copying.to = to;
  return next;
}

/** Bytes that are looked for at a place. */
export interface Literal {
  readonly bytes: Uint8Array;
  /** The same four bytes at a time, as far as they go: comparing them so takes a third of the time. */
  readonly words: Int32Array;
}

export function literalOf(bytes: Uint8Array): Literal {
  const own = new Uint8Array(bytes);
  const view = new DataView(own.buffer);
  const words = Int32Array.from({ length: own.length >> 2 }, (_, index) => view.getInt32(4 * index, true));
  return { bytes: own, words };
}

/** Whether the source has these bytes at a place. */
export function standsAt({ source, sourceWords }: Copying, at: number, { bytes, words }: Literal): boolean {
  if (at + bytes.length > source.length) return false;
  for (let i = 0; i < words.length; i += 1) {
    if (sourceWords.getInt32(at + 4 * i, true) !== words[i]) return false;
  }
  for (let i = 4 * words.length; i < bytes.length; i += 1) if (source[at + i] !== bytes[i]) return false;
  return true;
}

/** Copies this word if it stands there. */
export function copyLiteral(copying: Copying, at: number, word: string): number {
  const { source, target, to } = copying;
  for (let i = 0; i < word.length; i += 1) {
    const byte = word.charCodeAt(i);
    if (source[at + i] !== byte) return unusual;
    target[to + i] = byte;
  }
  copying.to = to + word.length;
  return at + word.length;
}

/** Writes a text of ASCII as it is. */
export function writeBare(copying: Copying, text: string): void {
  copying.to += copying.target.write(text, copying.to, 'latin1');
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** The newline at the end of the line is not passed over. */
export function skipSpace(source: Uint8Array, at: number): number {
  let next = at;
  for (let byte = source[next]; byte === 0x20 || byte === 0x09 || byte === 0x0d; byte = source[next])
    next += 1;
  return next;
}
