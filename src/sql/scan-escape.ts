import { type Copying, unusual } from './copying.ts';
import { textMarkByte } from './staged-rows.ts';

/** Copies what the escape at this backslash stands for, into a text cell. */
export function copyEscape(copying: Copying, at: number): number {
  const { source, target } = copying;
  const letter = source[at + 1] ?? 0;
  if (letter === 0x75) return copyCharacter(copying, at);
  const byte = simple[letter] ?? 0;
  if (byte === 0) return unusual;
  target[copying.to] = byte;
  copying.to += 1;
  return at + 2;
}

/** The number that four hexadecimal digits write, or -1. */
export function hexAt(source: Uint8Array, at: number): number {
  let value = 0;
  for (let next = at; next < at + 4; next += 1) {
    const digit = hexDigit(source[next] ?? 0);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

export function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xe000;
}

/** By the letter behind the backslash, the byte that it stands for. */
const simple: Readonly<Record<number, number>> = Object.fromEntries(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, character]) => [letter.charCodeAt(0), character.charCodeAt(0)],
  ),
);

function copyCharacter(copying: Copying, at: number): number {
  const { source, target, holdsNul } = copying;
  const first = hexAt(source, at + 2);
  if (first < 0 || (first === 0 && !holdsNul)) return unusual;
  if (first === textMarkByte) {
    target[copying.to] = textMarkByte;
    target[copying.to + 1] = textMarkByte;
    copying.to += 2;
    return at + 6;
  }
  if (!isSurrogate(first)) {
    copying.to += target.write(String.fromCharCode(first), copying.to);
    return at + 6;
  }
  const isPair = first < 0xdc00 && source[at + 6] === 0x5c && source[at + 7] === 0x75;
  const second = isPair ? hexAt(source, at + 8) : -1;
  if (second < 0xdc00 || second >= 0xe000) return unusual;
  copying.to += target.write(String.fromCharCode(first, second), copying.to);
  return at + 12;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
