import { type Copying, copyLiteral, copyPlain, isDigit, skipSpace, unusual } from './copying.ts';
import { hexAt, isSurrogate } from './scan-escape.ts';
import { textMarkByte } from './staged-rows.ts';

/**
 * Copies JSON of any kind as a text cell: valid, each key once in its object, white space left out, all
 * else as it is spelled.
 */
export function copyJson(copying: Copying, at: number): number {
  write(copying, textMarkByte);
  const next = copyAny(copying, at, 0, 0);
  write(copying, textMarkByte);
  return next;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const comma = 0x2c;
const minus = 0x2d;
const zero = 0x30;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** What lies deeper is read by checkRow, which knows how deep is too deep. */
const deepest = 100;

/** `known` is how many keys the objects have so far in which this value lies. */
function copyAny(copying: Copying, at: number, depth: number, known: number): number {
  switch (copying.source[at]) {
    case quote:
      return copyText(copying, at);
    case openBrace:
      return depth < deepest ? copyObject(copying, at, depth + 1, known) : unusual;
    case openBracket:
      return depth < deepest ? copyArray(copying, at, depth + 1, known) : unusual;
    case 0x74:
      return copyLiteral(copying, at, 'true');
    case 0x66:
      return copyLiteral(copying, at, 'false');
    case 0x6e:
      return copyLiteral(copying, at, 'null');
    default:
      return copyNumber(copying, at);
  }
}

function copyObject(copying: Copying, at: number, depth: number, known: number): number {
  const { source, keys } = copying;
  write(copying, openBrace);
  let next = skipSpace(source, at + 1);
  if (source[next] === closeBrace) {
    write(copying, closeBrace);
    return next + 1;
  }
  for (let top = known; ; ) {
    if (source[next] !== quote || top >= keys.length) return unusual;
    const keyEnd = copyText(copying, next);
    if (keyEnd === unusual) return unusual;
    const hash = hashOf(source, next + 1, keyEnd - 1);
    // A key twice, perhaps, or one that is escaped.
    for (let i = known; i < top; i += 1) if (keys[i] === hash) return unusual;
    if (hash === unusual) return unusual;
    keys[top] = hash;
    top += 1;
    next = skipSpace(source, keyEnd);
    if (source[next] !== colon) return unusual;
    write(copying, colon);
    next = copyAny(copying, skipSpace(source, next + 1), depth, top);
    if (next === unusual) return unusual;
    next = skipSpace(source, next);
    const byte = source[next] ?? 0;
    if (byte !== comma && byte !== closeBrace) return unusual;
    write(copying, byte);
    next += 1;
    if (byte === closeBrace) return next;
    next = skipSpace(source, next);
  }
}

function copyArray(copying: Copying, at: number, depth: number, known: number): number {
  const { source } = copying;
  write(copying, openBracket);
  let next = skipSpace(source, at + 1);
  if (source[next] === closeBracket) {
    write(copying, closeBracket);
    return next + 1;
  }
  for (;;) {
    next = copyAny(copying, next, depth, known);
    if (next === unusual) return unusual;
    next = skipSpace(source, next);
    const byte = source[next] ?? 0;
    if (byte !== comma && byte !== closeBracket) return unusual;
    write(copying, byte);
    next += 1;
    if (byte === closeBracket) return next;
    next = skipSpace(source, next);
  }
}

/** A string with its quotes, and with its escapes as they stand. */
function copyText(copying: Copying, at: number): number {
  const { source } = copying;
  write(copying, quote);
  for (let next = at + 1; ; ) {
    next = copyPlain(copying, next);
    if (source[next] === quote) {
      write(copying, quote);
      return next + 1;
    }
    if (source[next] !== backslash) return unusual;
    next = copyEscaped(copying, next);
    if (next === unusual) return unusual;
  }
}

function copyEscaped(copying: Copying, at: number): number {
  const letter = copying.source[at + 1] ?? 0;
  if (letter === 0x75) {
    const code = hexAt(copying.source, at + 2);
    if (code < 0 || isSurrogate(code) || (code === 0 && !copying.holdsNul)) return unusual;
  } else if (!simple.has(letter)) return unusual;
  write(copying, backslash);
  write(copying, letter);
  return at + 2;
}

const simple: ReadonlySet<number> = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)));

function copyNumber(copying: Copying, at: number): number {
  const { source, target, to } = copying;
  let next = source[at] === minus ? at + 1 : at;
  const first = next;
  next = digitsEnd(source, first);
  if (next === first || (source[first] === zero && next > first + 1)) return unusual;
  if (source[next] === 0x2e) {
    const fraction = next + 1;
    next = digitsEnd(source, fraction);
    if (next === fraction) return unusual;
  }
  if (((source[next] ?? 0) | 0x20) === 0x65) {
    const sign = source[next + 1];
    const exponent = sign === minus || sign === 0x2b ? next + 2 : next + 1;
    next = digitsEnd(source, exponent);
    if (next === exponent) return unusual;
  }
  for (let from = at; from < next; from += 1) target[to + from - at] = source[from] ?? 0;
  copying.to = to + next - at;
  return next;
}

function digitsEnd(source: Uint8Array, at: number): number {
  let next = at;
  while (isDigit(source[next])) next += 1;
  return next;
}

/** `unusual` for a key with an escape, which may be spelled in several ways. */
function hashOf(source: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let next = start; next < end; next += 1) {
    const byte = source[next] ?? 0;
    if (byte === backslash) return unusual;
    hash = (Math.imul(hash, 31) + byte) & 0x7fffffff;
  }
  return hash;
}

function write(copying: Copying, byte: number): void {
  copying.target[copying.to] = byte;
  copying.to += 1;
}
