import { ProtocolError } from '../errors.ts';
import {
  closeBrace,
  equalsAt,
  hasEscape,
  type MemberSpan,
  objectSpan,
  openBrace,
  skipSpace,
  valueEnd,
} from './json-bytes.ts';
import { type Span, scanHead } from './record-scan.ts';

/** The bytes of a RECORD line's `data`, exactly as they stand there: `1.0`, big integers and key order survive. */
export function recordData(line: Uint8Array): Uint8Array {
  const { start, end } = dataSpan(line, 0, line.length) ?? refuse(line, 0, line.length);
  return line.subarray(start, end);
}

/** The same for many lines: the data of each record on a line of its own. Lines come and go with their newlines. */
export function dataLines(lines: Uint8Array): Uint8Array {
  // What is kept is part of what came, so that it fits.
  const kept = Buffer.allocUnsafe(lines.length);
  let length = 0;
  let head: Uint8Array | undefined;
  for (let start = 0; start < lines.length; ) {
    const newline = lines.indexOf(0x0a, start);
    const end = newline < 0 ? lines.length : newline;
    // Neighbours mostly begin alike, up to the data; what has been understood once need not be read again.
    const known = head !== undefined && startsWith(lines, start, head) ? head.length : undefined;
    const usual = known === undefined ? undefined : spanAfterHead(lines, start + known, end);
    const span = usual ?? dataSpan(lines, start, end) ?? refuse(lines, start, end);
    if (usual === undefined) head = headOf(lines, start, end);
    kept.set(lines.subarray(span.start, span.end), length);
    length += span.end - span.start;
    kept[length] = 0x0a;
    length += 1;
    start = end + 1;
  }
  return kept.subarray(0, length);
}

function dataSpan(bytes: Uint8Array, start: number, end: number): Span | undefined {
  const head = headOf(bytes, start, end);
  const usual = head === undefined ? undefined : spanAfterHead(bytes, start + head.length, end);
  return usual ?? anySpan(bytes, start, end);
}

/** A line's beginning up to the brace that opens `data`, where its members come in the usual order. */
function headOf(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
  const head = scanHead(bytes, start, end);
  return head && bytes.subarray(start, head.end - 1);
}

/** The data that opens at `open`, unless what follows may replace it. */
function spanAfterHead(bytes: Uint8Array, open: number, end: number): Span | undefined {
  const after = valueEnd(bytes, open, end);
  if (after < 0) return undefined;
  if (!isUsualTail(bytes, after, end) && mayReplace(bytes, after, end)) return undefined;
  return { start: open, end: after };
}

/** `,"emitted_at":1795263915439}}`: what stands behind the data of nearly every record. */
function isUsualTail(bytes: Uint8Array, start: number, end: number): boolean {
  if (!startsWith(bytes, start, usualTail)) return false;
  let at = start + usualTail.length;
  for (let byte = bytes[at] ?? 0; byte >= 0x30 && byte <= 0x39; byte = bytes[at] ?? 0) at += 1;
  return bytes[at] === closeBrace && bytes[at + 1] === closeBrace && skipSpace(bytes, at + 2) >= end;
}

/** Whether a second `data` or `record` may follow: the last of equal keys counts, as it does for JSON.parse. */
function mayReplace(bytes: Uint8Array, start: number, end: number): boolean {
  if (hasEscape(bytes, start, end)) return true;
  const tail = Buffer.from(bytes.subarray(start, end));
  return tail.includes(dataKey) || tail.includes(recordKey);
}

/** Any order and any spelling of keys. */
function anySpan(bytes: Uint8Array, start: number, end: number): Span | undefined {
  const record = lastMember(bytes, skipSpace(bytes, start), end, recordKey);
  const data = record && lastMember(bytes, record.valueStart, end, dataKey);
  if (data === undefined || bytes[data.valueStart] !== openBrace) return undefined;
  return { start: data.valueStart, end: data.valueEnd };
}

const usualTail = Buffer.from(',"emitted_at":');
const recordKey = Buffer.from('record');
const dataKey = Buffer.from('data');

function lastMember(bytes: Uint8Array, at: number, end: number, key: Buffer): MemberSpan | undefined {
  return objectSpan(bytes, at, end)?.members.findLast(({ keyStart, keyEnd }) => {
    if (!hasEscape(bytes, keyStart, keyEnd)) return equalsAt(bytes, keyStart, keyEnd, key);
    return unescaped(bytes, keyStart, keyEnd) === key.toString();
  });
}

function unescaped(bytes: Uint8Array, start: number, end: number): string | undefined {
  const text = Buffer.from(bytes.subarray(start - 1, end + 1)).toString();
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function startsWith(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  return equalsAt(bytes, start, start + expected.length, expected);
}

function refuse(bytes: Uint8Array, start: number, end: number): never {
  throw new ProtocolError('a RECORD has no data that is an object', {
    context: { line: Buffer.from(bytes.subarray(start, Math.min(end, start + 200))).toString() },
  });
}
