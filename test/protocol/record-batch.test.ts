import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { streamKey } from '../../src/protocol/catalog.ts';
import type { RecordMessage } from '../../src/protocol/messages.ts';
import { lineBatch, recordsOf, rowBatch } from '../../src/protocol/record-batch.ts';

const users = streamKey({ name: 'users' });
const orders = streamKey({ name: 'orders', namespace: 'shop' });

describe('lineBatch', () => {
  it('blames the source where a record is no JSON, once objects are asked for', () => {
    const line = Buffer.from('{"type":"RECORD","record":{"stream":"users","data":{"id":NaN}}}\n');
    const tally = [{ stream: users, count: 1, bytes: line.length }];
    const batch = lineBatch(line, tally, () => users, { source: 'source-x' });
    expect(batch.lines()).toBe(line);
    expect(() => batch.records()).toThrow(ProtocolError);
    expect(() => batch.records()).toThrow(/^source-x: sent invalid JSON in a RECORD of users: /);
  });
});

describe('releasing a batch', () => {
  const lines = Buffer.from('{"type":"RECORD","record":{"stream":"users","data":{"id":1}}}\n');
  const tally = [{ stream: users, count: 1, bytes: lines.length }];

  it('gives its memory back once, and refuses whoever asks for the records afterwards', () => {
    let released = 0;
    const onRelease = () => {
      released += 1;
    };
    const batch = lineBatch(lines, tally, () => users, { onRelease });
    batch.release?.();
    batch.release?.();
    expect(released).toBe(1);
    expect(() => batch.lines()).toThrow('records were asked for after they had been released');
    expect(() => [...batch.split()]).toThrow('after they had been released');
    expect(() => batch.records()).toThrow('after they had been released');
    expect(batch.tally()).toEqual(tally);
  });

  it('that holds memory of its own changes nothing: it may be sent again', () => {
    const batch = lineBatch(lines, tally, () => users);
    batch.release?.();
    expect(batch.lines()).toBe(lines);
  });
});

describe('rowBatch', () => {
  const user = (id: unknown): RecordMessage => ({
    type: 'RECORD',
    record: { stream: 'users', data: { id }, emitted_at: 1 },
  });
  const order: RecordMessage = {
    type: 'RECORD',
    record: { namespace: 'shop', stream: 'orders', data: { price: 1.5 }, emitted_at: 1 },
  };
  const batch = rowBatch([user(1), order, user(2n ** 63n)]);
  const lineOf = (id: string) =>
    `{"type":"RECORD","record":{"stream":"users","data":{"id":${id}},"emitted_at":1}}\n`;
  const orderLine =
    '{"type":"RECORD","record":{"namespace":"shop","stream":"orders","data":{"price":1.5},"emitted_at":1}}\n';

  it('counts by stream and writes lines, once', () => {
    expect([...batch.counts]).toEqual([
      [users, 2],
      [orders, 1],
    ]);
    expect(Buffer.from(batch.lines()).toString()).toBe(
      lineOf('1') + orderLine + lineOf('9223372036854775808'),
    );
    expect(batch.lines()).toBe(batch.lines());
  });

  it('splits by stream and keeps the order within each', () => {
    const parts = [...batch.split()].map((part) => [
      part.stream,
      part.count,
      Buffer.from(part.lines).toString(),
    ]);
    const userLines = lineOf('1') + lineOf('9223372036854775808');
    expect(parts).toEqual([
      [users, 2, userLines],
      [orders, 1, orderLine],
    ]);
    expect(batch.tally()).toEqual([
      { stream: users, count: 2, bytes: userLines.length },
      { stream: orders, count: 1, bytes: orderLine.length },
    ]);
  });

  it('gives its records as they were given', () => {
    expect(batch.records()[1]).toBe(order);
  });

  it('takes null and no namespace for the same stream', () => {
    const bare: RecordMessage = { type: 'RECORD', record: { ...user(1).record, namespace: null } };
    expect([...rowBatch([bare, user(2)]).counts]).toEqual([[users, 2]]);
  });

  it('may be empty', () => {
    const empty = rowBatch([]);
    expect([empty.counts.size, empty.lines().length, [...empty.split()], empty.records()]).toEqual([
      0,
      0,
      [],
      [],
    ]);
  });
});

describe('recordsOf', () => {
  it('makes records of the rows of one stream', () => {
    const batch = recordsOf({ name: 'orders', namespace: 'shop' }, [{ id: 1n }, { at: new Date(0) }], 5);
    expect([...batch.counts]).toEqual([[orders, 2]]);
    expect(Buffer.from(batch.lines()).toString()).toBe(
      '{"type":"RECORD","record":{"namespace":"shop","stream":"orders","data":{"id":1},"emitted_at":5}}\n' +
        '{"type":"RECORD","record":{"namespace":"shop","stream":"orders","data":{"at":"1970-01-01T00:00:00.000Z"},"emitted_at":5}}\n',
    );
    expect(batch.records()[0]).toEqual({
      type: 'RECORD',
      record: { namespace: 'shop', stream: 'orders', data: { id: 1n }, emitted_at: 5 },
    });
    expect(batch.tally()).toMatchObject([{ stream: orders, bytes: batch.lines().length }]);
  });
});
