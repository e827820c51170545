import type { ConfiguredCatalog, StreamDescriptor } from './catalog.ts';
import { backslash, equalsAt, openBrace, quote, valueEnd } from './json-bytes.ts';
import { isJsonObject } from './json-object.ts';
import { parseJson } from './parse-json.ts';
import { endsInTwoBraces, type HeadSpans, type Span, scanHead, scanWhole } from './record-scan.ts';
import { type Literal, type SeenStream, StreamTable } from './stream-table.ts';

/**
 * Recognises RECORDs and their streams from the bytes of a line. The answer is what JSON.parse would give, for every
 * message without duplicate keys.
 *
 * Most lines start as the one before, byte for byte, and are of its stream (`follow`). Where streams take turns, the
 * shape of one head (what is fixed in it, and where the name stands) is kept and tried on the next line. Where it does
 * not fit, the head is scanned anew; where the head does not settle it, the whole line is walked; where even that does
 * not (escaped names), it is parsed.
 */
export class RecordRecogniser {
  readonly #streams: StreamTable;
  #shape: readonly ShapePart[] = [];
  #shapeHasNamespace = false;
  /** Whether it has values that may differ between records of one stream. */
  #shapeVaries = false;
  /** Where the head ends that the shape has matched last. */
  #headEnd = 0;
  #chunk = new Chunk(Buffer.alloc(0));
  /** The stream of the last record, and, if the one before was of it too and heads alone settle that, again. */
  #previous: SeenStream | undefined;
  #last: SeenStream | undefined;
  #followers = 0;

  /** With a catalog, a stream that it names once, without a namespace, is taken at the word of its head. */
  constructor(catalog?: ConfiguredCatalog) {
    this.#streams = new StreamTable(namesWithoutNamespace(catalog));
  }

  /** The stream that `follow` looks for, and how many lines it has just found to be of it. */
  get last(): SeenStream | undefined {
    return this.#last;
  }

  get followers(): number {
    return this.#followers;
  }

  /**
   * Goes on over all whole lines that start as the last two records did, byte for byte up to their data, and end as
   * records do. The answer is where the next line starts.
   */
  follow(bytes: Buffer, start: number): number {
    this.#followers = 0;
    const head = this.#last?.head;
    if (head === undefined) return start;
    const chunk = this.#chunkOf(bytes);
    let at = start;
    let count = 0;
    while (chunk.hasAt(at, head)) {
      const end = bytes.indexOf(newline, at + head.literal.length);
      if (end < 0 || !endsInTwoBraces(bytes, end)) break;
      count += 1;
      at = end + 1;
    }
    this.#followers = count;
    return at;
  }

  /**
   * The stream of the RECORD in these bytes, or undefined for every other line. A newline must stand at `end`.
   */
  recognise(bytes: Buffer, start: number, end: number): SeenStream | undefined {
    this.#last = undefined;
    if (bytes[start] === openBrace && endsInTwoBraces(bytes, end)) {
      const chunk = this.#chunkOf(bytes);
      let stream = this.#matchShape(bytes, start, end);
      if (stream === undefined && this.#learnShape(bytes, start, end)) {
        stream = this.#matchShape(bytes, start, end);
      }
      if (stream !== undefined) {
        const isSettled = this.#shapeHasNamespace || stream.isKnown;
        if (stream === this.#previous && isSettled && !this.#shapeVaries) {
          stream.head ??= literalOf(bytes.subarray(start, this.#headEnd));
          this.#last = stream;
        }
        this.#previous = stream;
        if (isSettled || chunk.hasNoNamespace(start, end)) return stream;
      }
    }
    return this.recogniseWhole(bytes, start, end);
  }

  /** The same for a line that may have been cut short: it counts only when it is whole. */
  recogniseWhole(bytes: Buffer, start: number, end: number): SeenStream | undefined {
    const found = scanWhole(bytes, start, end);
    if (found === 'other') return undefined;
    if (found !== 'unsure') return this.#streams.at(bytes, found.name, found.namespace);
    const descriptor = parseDescriptor(bytes, start, end);
    return descriptor && this.#streams.of(descriptor);
  }

  #chunkOf(bytes: Buffer): Chunk {
    if (this.#chunk.bytes !== bytes) this.#chunk = new Chunk(bytes);
    return this.#chunk;
  }

  #matchShape(bytes: Buffer, start: number, end: number): SeenStream | undefined {
    const shape = this.#shape;
    if (shape.length === 0) return undefined;
    let at = start;
    let nameStart = 0;
    let nameEnd = 0;
    let namespaceStart = -1;
    let namespaceEnd = -1;
    let hash = 0;
    for (let i = 0; i < shape.length; i += 1) {
      const part = shape[i];
      if (part === undefined) return undefined;
      if (!this.#chunk.hasAt(at, part)) return undefined;
      at += part.literal.length;
      if (part.hole === 'end') {
        this.#headEnd = at;
        break;
      }
      if (part.hole === 'other') {
        if (bytes[at] === openBrace || bytes[at] === 0x5b) return undefined;
        at = valueEnd(bytes, at, end);
        if (at < 0) return undefined;
        continue;
      }
      const from = at;
      for (;;) {
        const byte = bytes[at] ?? 0;
        if (byte === quote) break;
        if (byte === backslash || byte < 0x20) return undefined;
        hash = (Math.imul(hash, 31) + byte) | 0;
        at += 1;
      }
      if (part.hole === 'name') {
        nameStart = from;
        nameEnd = at;
      } else {
        namespaceStart = from;
        namespaceEnd = at;
      }
    }
    return this.#streams.find(bytes, hash, nameStart, nameEnd, namespaceStart, namespaceEnd);
  }

  #learnShape(bytes: Buffer, start: number, end: number): boolean {
    const head = scanHead(bytes, start, end);
    if (head === undefined) return false;
    this.#shape = shapeOf(bytes, start, head);
    this.#shapeHasNamespace = head.hasNamespace;
    this.#shapeVaries = head.others.length > 0;
    return true;
  }
}

/** One fixed piece of a head, and what follows it: a value to be read, one to be skipped, or nothing. */
interface ShapePart extends Literal {
  readonly hole: 'name' | 'namespace' | 'other' | 'end';
}

function shapeOf(bytes: Buffer, start: number, head: HeadSpans): readonly ShapePart[] {
  const holes: { readonly span: Span; readonly hole: ShapePart['hole'] }[] = [
    { span: head.name, hole: 'name' },
    ...(head.namespace === undefined ? [] : [{ span: head.namespace, hole: 'namespace' } as const]),
    ...head.others.map((span) => ({ span, hole: 'other' }) as const),
    { span: { start: head.end, end: head.end }, hole: 'end' },
  ];
  holes.sort((a, b) => a.span.start - b.span.start);
  let from = start;
  return holes.map(({ span, hole }) => {
    const { literal, words } = literalOf(bytes.subarray(from, span.start));
    from = span.end;
    // Not spread: such an object costs 30 ns more for each record.
    return { literal, words, hole };
  });
}

/** A copy of bytes, to be looked for. */
function literalOf(bytes: Uint8Array): Literal {
  const literal = new Uint8Array(bytes);
  const view = new DataView(literal.buffer);
  const words = Int32Array.from({ length: literal.length >> 2 }, (_, index) =>
    view.getInt32(4 * index, true),
  );
  return { literal, words };
}

/** The bytes at hand, and what has been found out about them once for all their lines. */
class Chunk {
  readonly bytes: Buffer;
  readonly #view: DataView;
  /** Where the next key `namespace` and the next escape of a letter stand, at or behind the line at hand. */
  #key = -1;
  #escape = -1;
  /** Where the line at hand starts. */
  #from = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Whether these are the bytes at a place. By words: that takes a third of the time. */
  hasAt(at: number, { literal, words }: Literal): boolean {
    if (at + literal.length > this.bytes.length) return false;
    const view = this.#view;
    const count = words.length;
    for (let i = 0; i < count; i += 1) if (view.getInt32(at + 4 * i, true) !== words[i]) return false;
    for (let i = 4 * count; i < literal.length; i += 1) if (this.bytes[at + i] !== literal[i]) return false;
    return true;
  }

  /**
   * Proves that a line holds no key `namespace`: neither the word nor an escape that could spell a letter of it
   * (`\u006e`). The chunk is searched once, not each line, and for rare bytes first.
   */
  hasNoNamespace(start: number, end: number): boolean {
    // The same bytes are gone over again, by whoever splits a batch a second time.
    if (start < this.#from) {
      this.#key = -1;
      this.#escape = -1;
    }
    this.#from = start;
    if (this.#key < start) this.#key = this.#nextKey(start);
    if (this.#escape < start) this.#escape = this.#nextEscape(start);
    return this.#key >= end && this.#escape >= end;
  }

  #nextKey(from: number): number {
    for (let at = from; ; at += 1) {
      at = this.bytes.indexOf(keyTail, at);
      if (at < 0) return Number.POSITIVE_INFINITY;
      if (equalsAt(this.bytes, at - keyHead.length, at, keyHead)) return at;
    }
  }

  #nextEscape(from: number): number {
    for (let at = from; ; at += 1) {
      at = this.bytes.indexOf(asciiEscape, at);
      if (at < 0) return Number.POSITIVE_INFINITY;
      const third = this.bytes[at + asciiEscape.length];
      if (third === 0x36 || third === 0x37) return at;
    }
  }
}

const newline = 10;

/** In two parts: searching for the tail takes a fifth of the time that searching for the whole takes. */
const namespaceKey = Buffer.from('"namespace"');
const keyHead = namespaceKey.subarray(0, 6);
const keyTail = namespaceKey.subarray(6);
const asciiEscape = Buffer.from('\\u00');

function namesWithoutNamespace(catalog: ConfiguredCatalog | undefined): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const names = new Set<string>();
  for (const { stream } of catalog?.streams ?? []) {
    seen.set(stream.name, (seen.get(stream.name) ?? 0) + 1);
    if (stream.namespace === undefined || stream.namespace === null) names.add(stream.name);
  }
  return new Set([...names].filter((name) => seen.get(name) === 1));
}

function parseDescriptor(bytes: Buffer, start: number, end: number): StreamDescriptor | undefined {
  try {
    return recordDescriptor(parseJson(bytes.toString('utf8', start, end)));
  } catch {
    return undefined;
  }
}

/** The stream of a parsed RECORD; undefined for all that is none. */
export function recordDescriptor(message: unknown): StreamDescriptor | undefined {
  if (!isJsonObject(message) || message['type'] !== 'RECORD') return undefined;
  const record = message['record'];
  if (!isJsonObject(record) || !isJsonObject(record['data'])) return undefined;
  const { stream: name, namespace = null } = record;
  if (typeof name !== 'string' || (namespace !== null && typeof namespace !== 'string')) return undefined;
  return { name, namespace };
}
