/**
 * Finding one's way in the bytes of JSON text without parsing it. Nothing here checks that the text is valid: each
 * function says where something would end if it is, and -1 where it cannot be.
 */

export const quote = 0x22;
export const backslash = 0x5c;
export const colon = 0x3a;
export const comma = 0x2c;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** The first byte at or after `at` that is no white space. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let next = at;
  while (isSpace(bytes[next])) next += 1;
  return next;
}

/** Whether a byte is white space to JSON. */
export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The closing quote of the string whose opening quote stands at `at`, or -1. */
export function stringEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let next = at + 1; next < end; next += 1) {
    const byte = bytes[next];
    if (byte === quote) return next;
    if (byte === backslash) next += 1;
  }
  return -1;
}

/** The first byte after the value that starts at `at`, or -1. */
export function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (first === quote) return stringEnd(bytes, at, end) + 1 || -1;
  if (first === openBrace || first === openBracket) return nestedEnd(bytes, at, end);
  let next = at;
  while (next < end && isScalar(bytes[next])) next += 1;
  return next > at ? next : -1;
}

function nestedEnd(bytes: Uint8Array, at: number, end: number): number {
  let depth = 0;
  for (let next = at; next < end; next += 1) {
    const byte = bytes[next];
    if (byte === quote) {
      next = stringEnd(bytes, next, end);
      if (next < 0) return -1;
    } else if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1;
      if (depth === 0) return next + 1;
    }
  }
  return -1;
}

/** Letters, digits, signs and points: what numbers, `true`, `false` and `null` are made of. */
function isScalar(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2e ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x45
  );
}

/** One member of an object: where its key (between the quotes) and its value stand. */
export interface MemberSpan {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/**
 * The members of the object that opens at `at`, and the place of its closing brace; undefined where this is no whole
 * object.
 */
export function objectSpan(
  bytes: Uint8Array,
  at: number,
  end: number,
): { readonly members: readonly MemberSpan[]; readonly close: number } | undefined {
  if (bytes[at] !== openBrace) return undefined;
  const members: MemberSpan[] = [];
  let next = skipSpace(bytes, at + 1);
  if (bytes[next] === closeBrace) return { members, close: next };
  for (;;) {
    if (bytes[next] !== quote) return undefined;
    const keyEnd = stringEnd(bytes, next, end);
    if (keyEnd < 0) return undefined;
    const separator = skipSpace(bytes, keyEnd + 1);
    if (bytes[separator] !== colon) return undefined;
    const valueStart = skipSpace(bytes, separator + 1);
    const after = valueEnd(bytes, valueStart, end);
    if (after < 0) return undefined;
    members.push({ keyStart: next + 1, keyEnd, valueStart, valueEnd: after });
    next = skipSpace(bytes, after);
    if (bytes[next] === closeBrace && next < end) return { members, close: next };
    if (bytes[next] !== comma) return undefined;
    next = skipSpace(bytes, next + 1);
  }
}

/** Whether the bytes from `start` to `end` are these. */
export function equalsAt(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  const length = expected.length;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i += 1) if (bytes[start + i] !== expected[i]) return false;
  return true;
}

/** Whether the bytes from `start` to `end` hold a backslash. */
export function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if (bytes[i] === backslash) return true;
  return false;
}
