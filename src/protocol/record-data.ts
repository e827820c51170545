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
import { scanHead } from './record-scan.ts';

/** The bytes of a RECORD line's `data`, exactly as they stand there: `1.0`, big integers and key order survive. */
export function recordData(line: Uint8Array): Uint8Array {
  const span = dataSpan(line, 0, line.length);
  return line.subarray(span.start, span.end);
}

/** The same for many lines: the data of each record on a line of its own. Lines come and go with their newlines. */
export function dataLines(lines: Uint8Array): Uint8Array {
  // What is kept is part of what came, so that it fits.
  const kept = Buffer.allocUnsafe(lines.length);
  let length = 0;
  for (let start = 0; start < lines.length; ) {
    const newline = lines.indexOf(0x0a, start);
    const end = newline < 0 ? lines.length : newline;
    const span = dataSpan(lines, start, end);
    kept.set(lines.subarray(span.start, span.end), length);
    length += span.end - span.start;
    kept[length] = 0x0a;
    length += 1;
    start = end + 1;
  }
  return kept.subarray(0, length);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function dataSpan(bytes: Uint8Array, start: number, end: number): Span {
  const span = usualSpan(bytes, start, end) ?? anySpan(bytes, start, end);
  if (span !== undefined) return span;
  throw new ProtocolError('a RECORD has no data that is an object', {
    context: { line: Buffer.from(bytes.subarray(start, Math.min(end, start + 200))).toString() },
  });
}

/** The usual order of members, read once from the left. What follows the data must not be able to replace it. */
function usualSpan(bytes: Uint8Array, start: number, end: number): Span | undefined {
  const head = scanHead(bytes, start, end);
  if (head === undefined) return undefined;
  const open = head.end - 1;
  const after = valueEnd(bytes, open, end);
  if (after < 0 || hasEscape(bytes, after, end)) return undefined;
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset + after, end - after);
  if (tail.includes(dataKey) || tail.includes(recordKey)) return undefined;
  return { start: open, end: after };
}

/** Any order and any spelling of keys. The last of equal keys counts, as it does for JSON.parse. */
function anySpan(bytes: Uint8Array, start: number, end: number): Span | undefined {
  const record = lastMember(bytes, skipSpace(bytes, start), end, recordKey);
  const data = record && lastMember(bytes, record.valueStart, end, dataKey);
  if (data === undefined || bytes[data.valueStart] !== openBrace) return undefined;
  if (bytes[data.valueEnd - 1] !== closeBrace) return undefined;
  return { start: data.valueStart, end: data.valueEnd };
}

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
