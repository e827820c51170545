import { type Copying, isDigit, unusual, writeBare } from './copying.ts';
import { marked, textMarkByte } from './staged-rows.ts';
import { readDate, readTime, readTimestamp } from './times.ts';

/*
 * Dates and times in their usual spelling, which comes back from their columns, are copied by their places. The others
 * are read by times.ts, one by one.
 */

const quote = 0x22;
const dash = 0x2d;
const colon = 0x3a;
const point = 0x2e;
const zero = 0x30;

export function copyDate(copying: Copying, at: number): number {
  const { source } = copying;
  if (source[at] !== quote) return unusual;
  if (isDay(source, at + 1) && source[at + 11] === quote) return copyCell(copying, at, at + 11, at + 12);
  return respell(copying, at, readDate);
}

export function copyTimestamp(copying: Copying, at: number, withZone: boolean): number {
  const { source } = copying;
  if (source[at] !== quote) return unusual;
  if (isDay(source, at + 1) && source[at + 11] === 0x54) {
    const clockEnd = copyClocked(copying, at, at + 12, withZone);
    if (clockEnd !== unusual) return clockEnd;
  }
  return respell(copying, at, withZone ? readZonedTimestamp : readWallTimestamp);
}

export function copyTime(copying: Copying, at: number, withZone: boolean): number {
  if (copying.source[at] !== quote) return unusual;
  const clockEnd = copyClocked(copying, at, at + 1, withZone);
  return clockEnd === unusual ? respell(copying, at, withZone ? readZonedTime : readWallTime) : clockEnd;
}

const readZonedTimestamp = (text: string): string | undefined => readTimestamp(text, true);
const readWallTimestamp = (text: string): string | undefined => readTimestamp(text, false);
const readZonedTime = (text: string): string | undefined => readTime(text, true);
const readWallTime = (text: string): string | undefined => readTime(text, false);

/** What ends in a time of the day; with a zone, in UTC. */
function copyClocked(copying: Copying, at: number, clock: number, withZone: boolean): number {
  const { source } = copying;
  if (!isClock(source, clock)) return unusual;
  const end = fractionEnd(source, clock + 8);
  if (end === unusual) return unusual;
  if (!withZone) return source[end] === quote ? copyCell(copying, at, end, end + 1) : unusual;
  if (source[end] === 0x5a && source[end + 1] === quote) {
    copying.zones |= 1;
    return copyCell(copying, at, end + 1, end + 2);
  }
  if (!isZeroOffset(source, end)) return unusual;
  copying.zones |= 2;
  copyCell(copying, at, end, end + 7);
  copying.target[copying.to - 1] = 0x5a;
  copying.target[copying.to] = textMarkByte;
  copying.to += 1;
  return end + 7;
}

/** Copies what stands between the quote at `at` and `end`, and answers where to go on. */
function copyCell(copying: Copying, at: number, end: number, next: number): number {
  const { source, target, to } = copying;
  target[to] = textMarkByte;
  for (let from = at + 1; from < end; from += 1) target[to + from - at] = source[from] ?? 0;
  target[to + end - at] = textMarkByte;
  copying.to = to + end - at + 1;
  return next;
}

/** No fraction, three digits or six; zeros at its end would not come back. */
function fractionEnd(source: Uint8Array, at: number): number {
  if (source[at] !== point) return at;
  let end = at + 1;
  while (isDigit(source[end])) end += 1;
  const digits = end - at - 1;
  const isRound = source[end - 1] === zero && source[end - 2] === zero && source[end - 3] === zero;
  return (digits === 3 || digits === 6) && !isRound ? end : unusual;
}

function isZeroOffset(source: Uint8Array, at: number): boolean {
  return (
    source[at] === 0x2b &&
    two(source, at + 1) === 0 &&
    source[at + 3] === colon &&
    two(source, at + 4) === 0 &&
    source[at + 6] === quote
  );
}

function isDay(source: Uint8Array, at: number): boolean {
  const century = two(source, at);
  const rest = two(source, at + 2);
  const month = two(source, at + 5);
  const day = two(source, at + 8);
  if (century < 0 || rest < 0 || century + rest === 0 || source[at + 4] !== dash || source[at + 7] !== dash)
    return false;
  if (month < 1 || month > 12 || day < 1) return false;
  if (month !== 2) return day <= (month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31);
  const isLeap = rest % 4 === 0 && (rest !== 0 || century % 4 === 0);
  return day <= (isLeap ? 29 : 28);
}

function isClock(source: Uint8Array, at: number): boolean {
  if (source[at + 2] !== colon || source[at + 5] !== colon) return false;
  const hours = two(source, at);
  const minutes = two(source, at + 3);
  const seconds = two(source, at + 6);
  return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60 && seconds >= 0 && seconds < 60;
}

/** The number of two digits, or -1. */
function two(source: Uint8Array, at: number): number {
  const tens = (source[at] ?? 0) - zero;
  const ones = (source[at + 1] ?? 0) - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : -1;
}

/** Another spelling of what the column can hold, or nothing of the kind. */
function respell(copying: Copying, at: number, read: (text: string) => string | undefined): number {
  const { source } = copying;
  let end = at + 1;
  for (let byte = source[end] ?? 0; byte !== quote; byte = source[end] ?? 0) {
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return unusual;
    end += 1;
  }
  const spelled = source.toString('latin1', at + 1, end);
  const text = read(spelled);
  if (text === undefined) return unusual;
  if (spelled.endsWith('+00:00')) {
    copying.zones |= 2;
    if (text !== `${spelled.slice(0, -6)}Z`) copying.comesBack = false;
  } else {
    if (text.endsWith('Z')) copying.zones |= 1;
    if (text !== spelled) copying.comesBack = false;
  }
  writeBare(copying, marked(text));
  return end + 1;
}
