import { describe, expect, it } from 'vitest';
import { streamKey } from '../../src/protocol/catalog.ts';
import type { FlowItem, RecordBatch } from '../../src/protocol/flow.ts';
import { type LineOptions, LineReader, readMessages } from '../../src/protocol/lines.ts';
import type { LogEntry } from '../../src/protocol/log.ts';

const record = (stream: string, data = '{"id":1}') =>
  `{"type":"RECORD","record":{"stream":"${stream}","data":${data},"emitted_at":1}}`;
const state = '{"type":"STATE","state":{"data":{"cursor":1.0}}}';

describe('LineReader', () => {
  it('takes consecutive records of one chunk as one piece of that chunk, without a copy', () => {
    const chunk = Buffer.from(`${record('users')}\n${record('orders')}\n${record('users')}\n`);
    const [batch, ...others] = batches(read([chunk]).items);
    expect(others).toEqual([]);
    expect(batch?.lines()).toEqual(chunk);
    expect(batch?.lines().buffer).toBe(chunk.buffer);
    expect(batch?.counts).toEqual(
      new Map([
        [streamKey({ name: 'users' }), 2],
        [streamKey({ name: 'orders' }), 1],
      ]),
    );
  });

  it('gives batches that can be split any number of times', () => {
    const late =
      '{"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1,"namespace":"shop"}}';
    const chunk = Buffer.from(`${record('users')}\n${late}\n${record('users')}\n`);
    const [batch] = batches(read([chunk]).items);
    const split = () => [...(batch?.split() ?? [])].map((part) => Buffer.from(part.lines).toString());
    const parts = [`${record('users')}\n${record('users')}\n`, `${late}\n`];
    expect([split(), split()]).toEqual([parts, parts]);
  });

  it('refuses a line without an end before it fills the memory', () => {
    const reader = new LineReader({ connector: 'source-x', log: () => {} });
    const chunk = Buffer.alloc(8 * 1024 * 1024, 'x');
    const push = () => {
      for (let at = 0; at < 65; at += 1) reader.push(chunk);
    };
    expect(push).toThrow('source-x: a line on its stdout is longer than 512 MB');
  });

  it('copies only the line that was cut', () => {
    const text = Buffer.from(`${record('users')}\n${record('orders')}\n${record('users')}\n`);
    const first = new Uint8Array(text.subarray(0, 100));
    const second = new Uint8Array(text.subarray(100));
    const found = batches(read([first, second]).items);
    const memory = found.map((batch) => batch.lines().buffer);
    expect(memory.map((one) => [one === first.buffer, one === second.buffer])).toEqual([
      [true, false],
      [false, false],
      [false, true],
    ]);
    expect(Buffer.concat(found.map((batch) => batch.lines()))).toEqual(text);
  });

  it('keeps the order of records and states', () => {
    const { items } = read([`${record('users')}\n${state}\n${record('users')}\n${record('users')}\n`]);
    expect(items.map((item) => (isBatch(item) ? total(item) : item.type))).toEqual([1, 'STATE', 2]);
  });

  it('forwards CRLF as it came, and strips it before parsing', () => {
    const { items } = read([`${record('users')}\r\n${state}\r\n`]);
    expect(text(items)).toBe(`${record('users')}\r\n`);
    expect(batches(items)[0]?.records()).toEqual([JSON.parse(record('users'))]);
    expect(items[1]).toMatchObject({ type: 'STATE', line: new Uint8Array(Buffer.from(state)) });
  });

  it('skips blank lines, between records too', () => {
    const { items, logged } = read([`\n\r\n${record('users')}\n  \n\n${record('users')}\n`]);
    expect(text(items)).toBe(`${record('users')}\n${record('users')}\n`);
    expect(logged).toEqual([]);
  });

  it('ends a last line that has no newline', () => {
    expect(text(read([record('users')]).items)).toBe(`${record('users')}\n`);
    expect(read([state]).items).toMatchObject([{ type: 'STATE' }]);
  });

  it('skips a byte order mark, wherever it is cut', () => {
    for (const line of [`${record('users')}\n`, record('users')]) {
      const bytes = Buffer.from(`\ufeff${line}`);
      for (const cut of [0, 1, 2, 3, 4]) {
        const { items, logged } = read([bytes.subarray(0, cut), bytes.subarray(cut)]);
        expect([text(items), logged]).toEqual([`${record('users')}\n`, []]);
      }
    }
  });

  it('keeps characters that are cut in the middle', () => {
    const bytes = Buffer.from(`${record('Zoë 日本 😀', '{"name":"Zoë 日本 😀"}')}\n`);
    const { items } = read([...bytes].map((byte) => Uint8Array.of(byte)));
    expect(text(items)).toBe(bytes.toString());
    expect([...(batches(items)[0]?.counts.keys() ?? [])]).toEqual([streamKey({ name: 'Zoë 日本 😀' })]);
  });

  it('lets NUL bytes through in records and logs them elsewhere', () => {
    const nul = record('users', '{"id":"\0"}');
    const { items, logged } = read([`${nul}\n\0\0\n`]);
    expect(text(items)).toBe(`${nul}\n`);
    expect(logged).toMatchObject([{ level: 'INFO', message: '\0\0' }]);
  });

  it('does not take half a line for a record, though it ends like a whole one', () => {
    const half = '{"type":"RECORD","record":{"stream":"users","data":{"a":{"b":{}}';
    const { items, logged } = read([half]);
    expect(items).toEqual([]);
    expect(logged).toMatchObject([{ level: 'WARN', code: 'line_not_understood' }]);
  });

  it('stops for good at a record that cannot be read, where that is refused', () => {
    const half = '{"type":"RECORD","record":{"stream":"users","data":{"a":1';
    const text = Buffer.from(`${record('users')}\n${state}\n${half}\n${state}\n${record('users')}\n${half}`);
    for (const cut of [0, text.indexOf(half) + 5, text.length]) {
      const reader = new LineReader({ ...options(), onDamage: () => {} });
      const items = [...reader.push(text.subarray(0, cut)), ...reader.push(text.subarray(cut))];
      expect([...items, ...reader.end()].map(({ type }) => type)).toEqual(['RECORDS', 'STATE']);
      expect(reader.damage).toMatchObject({ what: 'RECORD', line: half });
    }
  });

  it('warns of a line that another one has cut, and goes on, where nothing is refused', () => {
    const half = '{"type":"RECORD","record":{"stream":"users","data":{"a":1';
    const { items, logged } = read([`${half}\n${record('users')}\nDownloading ${record('users')}\n`]);
    expect(text(items)).toBe(`${record('users')}\n`);
    expect(logged.map(({ code }) => code)).toEqual(['line_not_understood', 'line_not_understood']);
  });

  it('joins a line of 100 MB once', () => {
    const chunk = Buffer.alloc(65_536, 'x');
    const reader = new LineReader(options());
    reader.push(Buffer.from('{"type":"RECORD","record":{"stream":"users","data":{"text":"'));
    for (let i = 0; i < 1600; i += 1) expect(reader.push(chunk)).toEqual([]);
    const [batch] = batches(reader.push(Buffer.from('"},"emitted_at":1}}\n')));
    expect(batch?.counts).toEqual(new Map([[streamKey({ name: 'users' }), 1]]));
    expect(batch?.lines().length).toBeGreaterThan(1600 * 65_536);
  });

  it('does not hold the chunk in memory that a state came in', () => {
    const chunk = Buffer.from(`${record('users')}\n${state}\n`);
    const [, message] = read([chunk]).items;
    expect(message).toMatchObject({ type: 'STATE', line: expect.any(Uint8Array) });
    expect(message?.type === 'STATE' && message.line?.buffer.byteLength).toBe(state.length);
  });
});

describe('readMessages', () => {
  it('yields what is there as soon as it is there, chunk by chunk', async () => {
    const flowed: string[] = [];
    async function* bytes() {
      yield Buffer.from(`${record('users')}\n`);
      flowed.push('first asked for more');
      yield Buffer.from('Downloading…\n');
      yield Buffer.from(state);
    }
    for await (const items of readMessages(bytes(), options())) flowed.push(...items.map(({ type }) => type));
    expect(flowed).toEqual(['RECORDS', 'first asked for more', 'STATE']);
  });

  it('tells of damage when all before it has been taken, and whether the line was cut off', async () => {
    const half = '{"type":"RECORD","record":{"stream":"users","da';
    for (const [end, isCutOff] of [
      ['\n', false],
      ['', true],
    ] as const) {
      const flowed: unknown[] = [];
      const onDamage: LineOptions['onDamage'] = ({ what }, place) => flowed.push([what, place]);
      async function* bytes() {
        yield Buffer.from(`${state}\n${half}${end}`);
      }
      for await (const items of readMessages(bytes(), { ...options(), onDamage })) {
        flowed.push(...items.map(({ type }) => type));
      }
      expect(flowed).toEqual(['STATE', ['RECORD', { isCutOff }]]);
    }
  });
});

function options(logged: LogEntry[] = []): LineOptions {
  return { connector: 'source-x', log: (entry) => logged.push(entry) };
}

function read(chunks: readonly (string | Uint8Array)[]) {
  const logged: LogEntry[] = [];
  const reader = new LineReader(options(logged));
  const items = chunks.flatMap((chunk) =>
    reader.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk),
  );
  return { items: [...items, ...reader.end()], logged };
}

function batches(items: readonly FlowItem[]): readonly RecordBatch[] {
  return items.filter(isBatch);
}

function isBatch(item: FlowItem): item is RecordBatch {
  return item.type === 'RECORDS';
}

function text(items: readonly FlowItem[]): string {
  return Buffer.concat(batches(items).map((batch) => batch.lines())).toString();
}

function total(batch: RecordBatch): number {
  return [...batch.counts.values()].reduce((sum, count) => sum + count, 0);
}
