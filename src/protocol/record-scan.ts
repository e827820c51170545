import {
  closeBrace,
  colon,
  comma,
  equalsAt,
  hasEscape,
  isSpace,
  type MemberSpan,
  objectSpan,
  openBrace,
  quote,
  skipSpace,
  stringEnd,
  valueEnd,
} from './json-bytes.ts';

/** A piece of a line: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a RECORD line names its stream: between the quotes. `namespace` is undefined where it is absent or null. */
export interface StreamSpans {
  readonly name: Span;
  readonly namespace: Span | undefined;
}

/** The head of a RECORD line, from its start to the brace that opens `data`. */
export interface HeadSpans extends StreamSpans {
  /** Whether `namespace` stands in the head, be it null: then none can follow. */
  readonly hasNamespace: boolean;
  /** Values of other members, which may differ from record to record. */
  readonly others: readonly Span[];
  /** Just behind the opening brace of `data`. */
  readonly end: number;
}

/**
 * Reads the head of a line up to `"data":{`. Answers only for the usual order: `type` first, in the record scalars
 * only before `data`, nothing escaped; undefined for all else, RECORD or not.
 */
export function scanHead(bytes: Uint8Array, start: number, end: number): HeadSpans | undefined {
  const type = memberAt(bytes, openedAt(bytes, skipSpace(bytes, start)), end);
  if (type === undefined || !keyIs(bytes, type, typeWord)) return undefined;
  if (!equalsAt(bytes, type.valueStart, type.valueEnd, recordType)) return undefined;
  const record = openMemberAt(bytes, separatedAt(bytes, type.valueEnd), end);
  if (record === undefined || !equalsAt(bytes, record.keyStart, record.keyEnd, recordWord)) return undefined;
  return scanRecordHead(bytes, openedAt(bytes, record.valueStart), end);
}

/**
 * Walks a whole line. `other` means that it is JSON of another type; `unsure` that only a parser can tell. The last
 * of equal keys counts, as it does for JSON.parse.
 */
export function scanWhole(bytes: Uint8Array, start: number, end: number): StreamSpans | 'other' | 'unsure' {
  const at = skipSpace(bytes, start);
  if (bytes[at] !== openBrace) return 'other';
  const root = objectSpan(bytes, at, end);
  if (root === undefined || skipSpace(bytes, root.close + 1) < end) return 'unsure';
  const type = lastMember(bytes, root.members, typeWord);
  const record = lastMember(bytes, root.members, recordWord);
  if (type === 'unsure' || record === 'unsure' || type === undefined) return 'unsure';
  if (!equalsAt(bytes, type.valueStart, type.valueEnd, recordType)) {
    return hasEscape(bytes, type.valueStart, type.valueEnd) ? 'unsure' : 'other';
  }
  const fields = record === undefined ? undefined : objectSpan(bytes, record.valueStart, end);
  if (fields === undefined) return 'unsure';
  const name = lastMember(bytes, fields.members, streamWord);
  const namespace = lastMember(bytes, fields.members, namespaceWord);
  const data = lastMember(bytes, fields.members, dataWord);
  if (name === 'unsure' || namespace === 'unsure' || data === 'unsure') return 'unsure';
  if (name === undefined || data === undefined || bytes[data.valueStart] !== openBrace) return 'unsure';
  const nameSpan = plainString(bytes, name);
  const namespaceSpan = namespace === undefined ? undefined : stringOrNull(bytes, namespace);
  if (nameSpan === undefined || namespaceSpan === 'unsure') return 'unsure';
  return { name: nameSpan, namespace: namespaceSpan };
}

/** Whether a line ends as a RECORD with nothing behind its `record` does: in two braces, white space apart. */
export function endsInTwoBraces(bytes: Uint8Array, end: number): boolean {
  let at = end - 1;
  if (bytes[at] === closeBrace && bytes[at - 1] === closeBrace) return true;
  while (isSpace(bytes[at])) at -= 1;
  if (bytes[at] !== closeBrace) return false;
  at -= 1;
  while (isSpace(bytes[at])) at -= 1;
  return bytes[at] === closeBrace;
}

const typeWord = Buffer.from('type');
const recordWord = Buffer.from('record');
const recordType = Buffer.from('"RECORD"');
const streamWord = Buffer.from('stream');
const namespaceWord = Buffer.from('namespace');
const dataWord = Buffer.from('data');
const nullWord = Buffer.from('null');

function scanRecordHead(bytes: Uint8Array, from: number, end: number): HeadSpans | undefined {
  let name: Span | undefined;
  let namespace: Span | undefined;
  let hasNamespace = false;
  const others: Span[] = [];
  let at = from;
  for (;;) {
    const member = openMemberAt(bytes, at, end);
    if (member === undefined) return undefined;
    const { keyStart, keyEnd, valueStart } = member;
    if (equalsAt(bytes, keyStart, keyEnd, dataWord)) {
      if (name === undefined || bytes[valueStart] !== openBrace) return undefined;
      return { name, namespace, hasNamespace, others, end: valueStart + 1 };
    }
    const first = bytes[valueStart];
    const after = first === openBrace || first === 0x5b ? -1 : valueEnd(bytes, valueStart, end);
    if (after < 0) return undefined;
    const span = { keyStart, keyEnd, valueStart, valueEnd: after };
    if (equalsAt(bytes, keyStart, keyEnd, streamWord)) {
      name = plainString(bytes, span);
      if (name === undefined) return undefined;
    } else if (equalsAt(bytes, keyStart, keyEnd, namespaceWord)) {
      const found = stringOrNull(bytes, span);
      if (found === 'unsure') return undefined;
      namespace = found;
      hasNamespace = true;
    } else others.push({ start: valueStart, end: after });
    at = separatedAt(bytes, after);
  }
}

/** Where the first member of the object that opens at `at` would start, or -1. */
function openedAt(bytes: Uint8Array, at: number): number {
  return bytes[at] === openBrace ? skipSpace(bytes, at + 1) : -1;
}

/** Where the next member starts after a value that ends at `at`, or -1. */
function separatedAt(bytes: Uint8Array, at: number): number {
  const next = skipSpace(bytes, at);
  return bytes[next] === comma ? skipSpace(bytes, next + 1) : -1;
}

/** A member's key and where its value starts; undefined where there is no member, or one with an escaped key. */
function openMemberAt(
  bytes: Uint8Array,
  at: number,
  end: number,
): Pick<MemberSpan, 'keyStart' | 'keyEnd' | 'valueStart'> | undefined {
  if (bytes[at] !== quote) return undefined;
  const keyEnd = stringEnd(bytes, at, end);
  if (keyEnd < 0 || hasEscape(bytes, at, keyEnd)) return undefined;
  const separator = skipSpace(bytes, keyEnd + 1);
  if (bytes[separator] !== colon) return undefined;
  return { keyStart: at + 1, keyEnd, valueStart: skipSpace(bytes, separator + 1) };
}

function memberAt(bytes: Uint8Array, at: number, end: number): MemberSpan | undefined {
  const member = openMemberAt(bytes, at, end);
  if (member === undefined) return undefined;
  const after = valueEnd(bytes, member.valueStart, end);
  return after < 0 ? undefined : { ...member, valueEnd: after };
}

function keyIs(bytes: Uint8Array, member: MemberSpan, key: Uint8Array): boolean {
  return equalsAt(bytes, member.keyStart, member.keyEnd, key);
}

/** The last member of that key; `unsure` where an escaped key might spell it. */
function lastMember(
  bytes: Uint8Array,
  members: readonly MemberSpan[],
  key: Uint8Array,
): MemberSpan | 'unsure' | undefined {
  let found: MemberSpan | undefined;
  for (const member of members) {
    if (keyIs(bytes, member, key)) found = member;
    else if (hasEscape(bytes, member.keyStart, member.keyEnd)) return 'unsure';
  }
  return found;
}

/** A string without escapes, between its quotes. Control characters are left to the parser to refuse. */
function plainString(bytes: Uint8Array, { valueStart, valueEnd: after }: MemberSpan): Span | undefined {
  if (bytes[valueStart] !== quote) return undefined;
  const span = { start: valueStart + 1, end: after - 1 };
  for (let i = span.start; i < span.end; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte === 0x5c || byte < 0x20) return undefined;
  }
  return span;
}

function stringOrNull(bytes: Uint8Array, member: MemberSpan): Span | undefined | 'unsure' {
  if (equalsAt(bytes, member.valueStart, member.valueEnd, nullWord)) return undefined;
  return plainString(bytes, member) ?? 'unsure';
}
