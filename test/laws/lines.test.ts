import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StreamKey, streamKey } from '../../src/protocol/catalog.ts';
import type { FlowItem, RecordBatch } from '../../src/protocol/flow.ts';
import { type LineOptions, LineReader } from '../../src/protocol/lines.ts';
import type { LogEntry } from '../../src/protocol/log.ts';
import { parseJson } from '../../src/protocol/parse-json.ts';
import { lineBatch } from '../../src/protocol/record-batch.ts';
import { recordDescriptor } from '../../src/protocol/record-head.ts';
import { messageTexts } from './protocol-text.ts';

describe('reading lines', () => {
  it('gives the same wherever the bytes are cut', () => {
    fc.assert(
      fc.property(output(), fc.array(fc.nat(), { maxLength: 12 }), ({ bytes }, cuts) => {
        expect(heard(pieces(bytes, cuts))).toEqual(heard([bytes]));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same byte by byte', () => {
    fc.assert(
      fc.property(output(), ({ bytes }) => {
        expect(heard([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(heard([bytes]));
      }),
      { numRuns: 200 },
    );
  });

  it('forwards the lines of records byte for byte, in order, and nothing else', () => {
    fc.assert(
      fc.property(output(), fc.array(fc.nat(), { maxLength: 6 }), ({ bytes, records }, cuts) => {
        const batches = read(pieces(bytes, cuts)).items.filter(isBatch);
        const forwarded = Buffer.concat(batches.map((batch) => batch.lines()));
        expect(forwarded.toString('latin1')).toBe(Buffer.concat(records).toString('latin1'));
      }),
      { numRuns: 500 },
    );
  });

  it('ends before the first record that cannot be read, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(output(), fc.array(fc.nat(), { maxLength: 6 }), ({ bytes }, cuts) => {
        const text = Buffer.concat([bytes, Buffer.from('\n')]);
        const start = startOfDamage(text);
        expect(heard(pieces(text, cuts), refusing)).toEqual(heard([text.subarray(0, start)], refusing));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same when a chunk is overwritten as soon as it is given back, and gives each back once', () => {
    fc.assert(
      fc.property(output(), fc.array(fc.nat(), { maxLength: 6 }), ({ bytes }, cuts) => {
        const chunks = pieces(bytes, cuts).map((piece) => new Uint8Array(piece));
        const returned = new Set<Uint8Array>();
        const giveBack = (chunk: Uint8Array) => {
          expect(returned.has(chunk)).toBe(false);
          returned.add(chunk);
          chunk.fill(0x7b);
        };
        expect(heard(chunks, { giveBack }, releasing)).toEqual(heard([bytes]));
        expect(returned.size).toBe(chunks.length);
      }),
      { numRuns: 500 },
    );
  });

  it('counts, splits and parses a batch to what its lines are', () => {
    fc.assert(
      fc.property(output(), fc.array(fc.nat(), { maxLength: 6 }), ({ bytes }, cuts) => {
        for (const batch of read(pieces(bytes, cuts)).items.filter(isBatch)) expectConsistent(batch);
      }),
      { numRuns: 500 },
    );
  });
});

interface Output {
  readonly bytes: Uint8Array;
  /** The lines of records, each ended as it was, the last one by a newline in any case. */
  readonly records: readonly Uint8Array[];
}

/** What a connector may print: messages, text, binary noise and blank lines, with all kinds of line endings. */
function output(): fc.Arbitrary<Output> {
  const noise = fc
    .uint8Array({ maxLength: 12 })
    .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a)));
  const line = fc.oneof(
    { weight: 6, arbitrary: messageTexts().map((texts) => texts.map((text) => Buffer.from(text))) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('', '  ', 'Downloading…', '\0\0', '{', '[1]')
        .map((text) => [Buffer.from(text)]),
    },
    { weight: 1, arbitrary: noise.map((bytes) => [bytes]) },
    { weight: 1, arbitrary: fc.constant([Buffer.from(state)]) },
  );
  return fc
    .record({
      lines: fc.array(line, { maxLength: 6 }).map((lines) => lines.flat()),
      ending: fc.constantFrom('\n', '\r\n'),
      endsWell: fc.boolean(),
      mark: fc.constantFrom('', '\ufeff'),
    })
    .map(({ lines, ending, endsWell, mark }) => {
      const ended = lines.map((text, index) =>
        Buffer.concat([text, Buffer.from(endsWell || index < lines.length - 1 ? ending : '')]),
      );
      const records = ended
        .filter((text) => keyOf(text.toString()) !== undefined)
        .map((text) => (text.at(-1) === 0x0a ? text : Buffer.concat([text, Buffer.from('\n')])));
      return { bytes: Buffer.concat([Buffer.from(mark), ...ended]), records };
    });
}

const state = '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"u"}}}}';

function pieces(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b);
  return [0, ...places].map((start, index) => bytes.subarray(start, places[index] ?? bytes.length));
}

function read(
  chunks: readonly Uint8Array[],
  options?: Partial<LineOptions>,
  take: (item: FlowItem) => FlowItem = (item) => item,
): {
  readonly items: readonly FlowItem[];
  readonly logged: readonly LogEntry[];
} {
  const logged: LogEntry[] = [];
  const reader = new LineReader({ connector: 'source-x', log: (entry) => logged.push(entry), ...options });
  const items = chunks.flatMap((chunk) => reader.push(chunk).map(take));
  return { items: [...items, ...reader.end().map(take)], logged };
}

/** Takes from a batch what `heard` needs of it, and releases it. */
function releasing(item: FlowItem): FlowItem {
  if (!isBatch(item)) return item;
  const lines = Buffer.from(item.lines());
  const batch = lineBatch(lines, item.tally(), () => undefined);
  item.release?.();
  item.release?.();
  return batch;
}

const refusing: Partial<LineOptions> = { onDamage: () => {} };

/** Where the first line starts that is a RECORD by its type and none by what it holds. */
function startOfDamage(text: Buffer): number {
  const mark = text.indexOf('\ufeff') === 0 ? 3 : 0;
  for (let start = mark; start < text.length; start = text.indexOf('\n', start) + 1) {
    const line = text.toString('utf8', start, text.indexOf('\n', start));
    if (typeOf(line) === 'RECORD' && keyOf(line) === undefined) return start;
  }
  return text.length;
}

function typeOf(line: string): unknown {
  try {
    return JSON.parse(line)?.type;
  } catch {
    return undefined;
  }
}

/** What was read, without regard to how records were grouped into batches. */
function heard(
  chunks: readonly Uint8Array[],
  options?: Partial<LineOptions>,
  take?: (item: FlowItem) => FlowItem,
): unknown {
  const { items, logged } = read(chunks, options, take);
  const said: unknown[] = [];
  const counts = new Map<StreamKey, number>();
  for (const item of items) {
    if (!isBatch(item)) {
      said.push(item);
      continue;
    }
    for (const [key, count] of item.counts) counts.set(key, (counts.get(key) ?? 0) + count);
    const lines = Buffer.from(item.lines()).toString('latin1');
    const last = said.at(-1);
    if (typeof last === 'string') said[said.length - 1] = last + lines;
    else said.push(lines);
  }
  return { said, counts, logged };
}

function expectConsistent(batch: RecordBatch): void {
  const lines = Buffer.from(batch.lines()).toString().split('\n').slice(0, -1);
  const keys = lines.map(keyOf);
  const streams = [...new Set(keys)];
  const linesOf = (key: StreamKey | undefined) =>
    lines.filter((_, index) => keys[index] === key).map((line) => `${line}\n`);
  expect([...batch.counts]).toEqual(streams.map((key) => [key, linesOf(key).length]));
  expect(batch.tally()).toEqual(
    streams.map((stream) => ({
      stream,
      count: batch.counts.get(stream as StreamKey),
      bytes: Buffer.byteLength(linesOf(stream).join('')),
    })),
  );
  for (const _ of ['once', 'again']) {
    const split = [...batch.split()].map((part) => [
      part.stream,
      part.count,
      Buffer.from(part.lines).toString(),
    ]);
    expect(split).toEqual(streams.map((key) => [key, linesOf(key).length, linesOf(key).join('')]));
  }
  expect(batch.records()).toEqual(lines.map(parseJson));
}

function keyOf(line: string): StreamKey | undefined {
  try {
    const stream = recordDescriptor(parseJson(line));
    return stream && streamKey(stream);
  } catch {
    return undefined;
  }
}

function isBatch(item: FlowItem): item is RecordBatch {
  return item.type === 'RECORDS';
}
