import { messageOf, ProtocolError, SluiceError } from '../errors.ts';
import { type StreamDescriptor, type StreamKey, streamKey, streamLabel, streamOfKey } from './catalog.ts';
import type { RecordBatch, StreamCount } from './flow.ts';
import { parseLossless, stringifyLossless } from './lossless-json.ts';
import type { RecordMessage, Row } from './messages.ts';

/** Which stream the RECORD line in these bytes belongs to; a newline stands at `end`. */
export type IdentifyRecord = (bytes: Buffer, start: number, end: number) => StreamKey | undefined;

interface LineBatchOptions {
  /** Whose they are: told by the error where one cannot be parsed. */
  readonly source?: string;
  /** Called when the batch is released; without it, it can be used on. */
  readonly onRelease?: (() => void) | undefined;
}

/** RECORDs as the lines in which they came: whole, each ended by a newline, and already counted by stream. */
export function lineBatch(
  lines: Buffer,
  tally: readonly StreamCount[],
  identify: IdentifyRecord,
  { source = 'the source', onRelease }: LineBatchOptions = {},
): RecordBatch {
  return new LineBatch(lines, tally, identify, source, onRelease);
}

/**
 * A class, so that all batches have one shape: V8 gives every object literal with a getter a shape of its own, which
 * made each chunk cost 9 µs more, half as much as recognising its records.
 */
class LineBatch implements RecordBatch {
  readonly type = 'RECORDS';
  #held: Buffer | undefined;
  readonly #tally: readonly StreamCount[];
  readonly #identify: IdentifyRecord;
  readonly #source: string;
  readonly #onRelease: (() => void) | undefined;
  #counts: ReadonlyMap<StreamKey, number> | undefined;

  constructor(
    lines: Buffer,
    tally: readonly StreamCount[],
    identify: IdentifyRecord,
    source: string,
    onRelease: (() => void) | undefined,
  ) {
    this.#held = lines;
    this.#onRelease = onRelease;
    this.#tally = tally;
    this.#identify = identify;
    this.#source = source;
  }

  /** Made when asked for: where hundreds of streams interleave, a map for each chunk costs more than its records. */
  get counts(): ReadonlyMap<StreamKey, number> {
    this.#counts ??= countsIn(this.#tally);
    return this.#counts;
  }

  tally(): readonly StreamCount[] {
    return this.#tally;
  }

  lines(): Buffer {
    if (this.#held === undefined)
      throw new SluiceError('records were asked for after they had been released');
    return this.#held;
  }

  split() {
    return splitLines(this.lines(), this.counts, this.#identify);
  }

  release(): void {
    // What holds memory of its own may be sent again and again.
    if (this.#onRelease === undefined || this.#held === undefined) return;
    this.#held = undefined;
    this.#onRelease();
  }

  records(): readonly RecordMessage[] {
    const lines = this.lines();
    return lineSpans(lines).map(({ start, end }) => {
      try {
        return parseRecord(lines.toString('utf8', start, end));
      } catch (cause) {
        const key = this.#identify(lines, start, end);
        throw unreadable(this.#source, key === undefined ? 'a stream' : streamLabel(streamOfKey(key)), cause);
      }
    });
  }
}

/** The bytes of records are taken on trust; that they are no JSON is found out by whoever needs objects. */
function unreadable(source: string, stream: string, cause: unknown): SluiceError {
  if (cause instanceof SluiceError) return cause;
  return new ProtocolError(`${source}: sent invalid JSON in a RECORD of ${stream}: ${messageOf(cause)}`, {
    guidance: 'This is a fault of the source (NaN, say, is no JSON): report it to its author.',
    context: { stream },
    cause,
  });
}

/** RECORDs as messages; they become lines when lines are asked for, and are kept as such. */
export function rowBatch(records: readonly RecordMessage[]): RecordBatch {
  const keys = keysOf(records);
  return lazyBatch(
    countKeys(keys),
    keys,
    () => records,
    () => records.map((record) => stringifyLossless(record)),
  );
}

/** Rows of one stream as a batch of RECORDs. */
export function recordsOf(stream: StreamDescriptor, rows: readonly Row[], emittedAt: number): RecordBatch {
  const key = streamKey(stream);
  const { name } = stream;
  const namespace = stream.namespace ?? undefined;
  const place = namespace === undefined ? '' : `"namespace":${JSON.stringify(namespace)},`;
  const head = `{"type":"RECORD","record":{${place}"stream":${JSON.stringify(name)},"data":`;
  const tail = `,"emitted_at":${emittedAt}}}`;
  const base = namespace === undefined ? { stream: name } : { namespace, stream: name };
  return lazyBatch(
    rows.length === 0 ? new Map() : new Map([[key, rows.length]]),
    undefined,
    () => rows.map((data) => ({ type: 'RECORD', record: { ...base, data, emitted_at: emittedAt } })),
    () => rows.map((row) => head + stringifyLossless(row) + tail),
  );
}

/** `keys` is undefined where all records are of one stream. */
function lazyBatch(
  counts: ReadonlyMap<StreamKey, number>,
  keys: readonly StreamKey[] | undefined,
  records: () => readonly RecordMessage[],
  serialise: () => readonly string[],
): RecordBatch {
  let messages: readonly RecordMessage[] | undefined;
  let lines: Buffer | undefined;
  let tally: readonly StreamCount[] | undefined;
  const encode = (): Buffer => {
    if (lines !== undefined) return lines;
    const texts = serialise();
    lines = Buffer.from(texts.length === 0 ? '' : `${texts.join('\n')}\n`);
    return lines;
  };
  const identifyNext = (): IdentifyRecord => {
    let next = 0;
    const only = [...counts.keys()][0];
    return () => {
      const key = keys === undefined ? only : keys[next];
      next += 1;
      return key;
    };
  };
  const counted = () => {
    tally ??= [...splitLines(encode(), counts, identifyNext())].map(({ stream, count, lines: part }) => ({
      stream,
      count,
      bytes: part.length,
    }));
    return tally;
  };
  return {
    type: 'RECORDS',
    counts,
    tally: counted,
    lines: encode,
    split: () => splitLines(encode(), counts, identifyNext()),
    records() {
      messages ??= records();
      return messages;
    },
  };
}

function countsIn(tally: readonly StreamCount[]): ReadonlyMap<StreamKey, number> {
  const counts = new Map<StreamKey, number>();
  for (const { stream, count } of tally) counts.set(stream, (counts.get(stream) ?? 0) + count);
  return counts;
}

/** Groups lines by stream; neighbours of one stream stay one piece, and a batch of one stream is not touched. */
function* splitLines(
  lines: Buffer,
  counts: ReadonlyMap<StreamKey, number>,
  identify: IdentifyRecord,
): Generator<{ readonly stream: StreamKey; readonly count: number; readonly lines: Uint8Array }> {
  if (counts.size === 1) {
    for (const [stream, count] of counts) yield { stream, count, lines };
    return;
  }
  const pieces = new Map<StreamKey, Buffer[]>([...counts.keys()].map((key) => [key, []]));
  let current: StreamKey | undefined;
  let from = 0;
  const close = (to: number): void => {
    if (current !== undefined && to > from) pieces.get(current)?.push(lines.subarray(from, to));
    from = to;
  };
  for (const { start, end } of lineSpans(lines)) {
    const key = identify(lines, start, end);
    if (key === current) continue;
    close(start);
    current = key;
  }
  close(lines.length);
  for (const [stream, count] of counts) {
    const [first, ...others] = pieces.get(stream) ?? [];
    if (first === undefined) continue;
    yield { stream, count, lines: others.length === 0 ? first : Buffer.concat([first, ...others]) };
  }
}

/** Where each line starts, and where its newline stands. */
function lineSpans(lines: Buffer): { readonly start: number; readonly end: number }[] {
  const spans: { readonly start: number; readonly end: number }[] = [];
  let start = 0;
  for (;;) {
    const end = lines.indexOf(newline, start);
    if (end < 0) return spans;
    spans.push({ start, end });
    start = end + 1;
  }
}

const newline = 10;

function parseRecord(line: string): RecordMessage {
  return parseLossless(line) as RecordMessage;
}

/** The stream of each record. Neighbours are mostly of one stream, and one key is then enough. */
function keysOf(records: readonly RecordMessage[]): readonly StreamKey[] {
  let name: string | undefined;
  let namespace: string | null | undefined;
  let key: StreamKey | undefined;
  return records.map(({ record }) => {
    if (key === undefined || record.stream !== name || record.namespace !== namespace) {
      ({ stream: name, namespace } = record);
      key = streamKey({ name, namespace });
    }
    return key;
  });
}

function countKeys(keys: readonly StreamKey[]): ReadonlyMap<StreamKey, number> {
  const counts = new Map<StreamKey, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
