import { parseLossless, stringifyLossless } from '../protocol/lossless-json.ts';
import { columnText } from './check-value.ts';
import type { ColumnType } from './column-type.ts';
import { type Copying, copyLiteral, copyPlain, isDigit, unusual, writeBare } from './copying.ts';
import { copyEscape } from './scan-escape.ts';
import { copyJson } from './scan-json.ts';
import { copyDate, copyTime, copyTimestamp } from './scan-time.ts';
import { marked, textMarkByte } from './staged-rows.ts';

/** Copies the value at a place of the line as a cell; the answer is the place behind it, or `unusual`. */
export type CopyValue = (copying: Copying, at: number) => number;

/** How values are copied that are not null, by the type of their column. */
export const copyValue: Readonly<Record<ColumnType, CopyValue>> = {
  string: copyString,
  boolean: copyBoolean,
  integer: copyInteger,
  number: copyNumber,
  array: (copying, at) => (copying.source[at] === openBracket ? copyJson(copying, at) : unusual),
  object: (copying, at) => (copying.source[at] === openBrace ? copyJson(copying, at) : unusual),
  union: copyUnion,
  date: copyDate,
  timestamp_with_timezone: (copying, at) => copyTimestamp(copying, at, true),
  timestamp_without_timezone: (copying, at) => copyTimestamp(copying, at, false),
  time_with_timezone: (copying, at) => copyTime(copying, at, true),
  time_without_timezone: (copying, at) => copyTime(copying, at, false),
};

const quote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const openBracket = 0x5b;
const openBrace = 0x7b;

function copyString(copying: Copying, at: number): number {
  const { source, target } = copying;
  if (source[at] !== quote) return unusual;
  target[copying.to] = textMarkByte;
  copying.to += 1;
  for (let next = at + 1; ; ) {
    next = copyPlain(copying, next);
    if (source[next] === quote) {
      target[copying.to] = textMarkByte;
      copying.to += 1;
      return next + 1;
    }
    if (source[next] !== backslash) return unusual;
    next = copyEscape(copying, next);
    if (next === unusual) return unusual;
  }
}

function copyBoolean(copying: Copying, at: number): number {
  return copying.source[at] === 0x74 ? copyLiteral(copying, at, 'true') : copyLiteral(copying, at, 'false');
}

/** Up to 18 digits, which 64 bits hold. */
function copyInteger(copying: Copying, at: number): number {
  const { source, target } = copying;
  let next = at;
  let { to } = copying;
  if (source[next] === minus) {
    target[to] = minus;
    to += 1;
    next += 1;
  }
  const first = next;
  for (let byte = source[next] ?? 0; isDigit(byte); byte = source[next] ?? 0) {
    target[to] = byte;
    to += 1;
    next += 1;
  }
  const digits = next - first;
  const isPlain = digits > 0 && digits <= 18 && (source[first] !== zero || (digits === 1 && first === at));
  if (!isPlain || mayGoOn(source[next])) return respellNumber(copying, at, 'integer');
  copying.to = to;
  return next;
}

/** Up to 15 digits without an exponent, which a double holds; more are tried. */
function copyNumber(copying: Copying, at: number): number {
  const { source, target } = copying;
  const { to } = copying;
  let next = source[at] === minus ? at + 1 : at;
  const whole = next;
  while (isDigit(source[next])) next += 1;
  const wholeDigits = next - whole;
  let places = 0;
  if (source[next] === point) {
    const fraction = next + 1;
    next = fraction;
    while (isDigit(source[next])) next += 1;
    places = next - fraction;
    if (places === 0) return unusual;
  }
  // Below a millionth numbers are written with an exponent; and -0 is not 0.
  const isSmall = source[whole] === zero && (wholeDigits > 1 || places > 6 || whole > at);
  const isPlain = wholeDigits > 0 && wholeDigits + places <= 15 && !isSmall;
  if (!isPlain || mayGoOn(source[next])) return respellNumber(copying, at, 'number');
  if (places > 0 && source[next - 1] === zero) copying.comesBack = false;
  for (let from = at; from < next; from += 1) target[to + from - at] = source[from] ?? 0;
  copying.to = to + next - at;
  return next;
}

/** Whether a number does not end before this byte. */
function mayGoOn(byte: number | undefined): boolean {
  return byte === point || byte === 0x65 || byte === 0x45;
}

/** A number as checkRow takes it, for which the other cells of the row need not be made again. */
function respellNumber(copying: Copying, at: number, type: 'integer' | 'number'): number {
  const { source } = copying;
  const next = numberEnd(source, at);
  const token = source.toString('latin1', at, next);
  if (!numberPattern.test(token)) return unusual;
  const text = columnText(type, parseLossless(token));
  if (text === undefined) return unusual;
  if ((type === 'integer' ? text : String(Number(text))) !== token) copying.comesBack = false;
  writeBare(copying, text);
  return next;
}

/** A number that lies in no object or array is spelled anew when it comes back. */
function copyUnion(copying: Copying, at: number): number {
  const { source } = copying;
  if (!isDigit(source[at]) && source[at] !== minus) return copyJson(copying, at);
  const next = numberEnd(source, at);
  const token = source.toString('latin1', at, next);
  if (!numberPattern.test(token)) return unusual;
  const text = stringifyLossless(parseLossless(token));
  if (text !== token) copying.comesBack = false;
  writeBare(copying, marked(text));
  return next;
}

function numberEnd(source: Uint8Array, at: number): number {
  let next = at;
  while (isNumberPart(source[next])) next += 1;
  return next;
}

const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function isNumberPart(byte: number | undefined): boolean {
  return isDigit(byte) || byte === minus || byte === 0x2b || mayGoOn(byte);
}
