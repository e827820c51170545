import { describe, expect, it } from 'vitest';
import { ConnectorFailedError } from '../../src/errors.ts';
import { sync } from '../../src/sync/sync.ts';
import {
  catalogOf,
  connection,
  failed,
  readerOf,
  readerOfItems,
  rows,
  silent,
  silentSource,
  streamState,
  traceError,
  writerOf,
} from './ends.ts';
import { memoryStore } from './memory-store.ts';

const given = [rows('users', 2), streamState('users', 2)];

describe('a destination that fails', () => {
  it('fails the sync at once while the source is silent, and the source is told', async () => {
    const death = new ConnectorFailedError('destination-test: exit code 1');
    const source = silentSource(given);
    const states = memoryStore();
    const failure = await failed({
      reader: source.reader,
      writer: writerOf(async function* (input) {
        for await (const items of input) {
          const confirmed = items.filter(({ type }) => type === 'STATE');
          yield confirmed;
          if (confirmed.length > 0) throw death;
        }
      }),
      states,
    });
    expect(failure).toBe(death);
    expect(failure.context['also']).toBeUndefined();
    expect(source.ended()).toBe(true);
    expect(states.commits).toEqual([[2]]);
  });

  it('may do so without ever taking anything: the source is not started', async () => {
    const failure = await failed({
      reader: readerOf(() => expect.unreachable('nobody asked for records')),
      // biome-ignore lint/correctness/useYield: it fails before it has anything to say
      writer: writerOf(async function* () {
        throw new ConnectorFailedError('destination-test: no such database');
      }),
    });
    expect(failure.message).toBe('destination-test: no such database');
  });

  it('by ending early has not delivered', async () => {
    const failure = await failed({
      reader: readerOfItems(...given, rows('users', 1)),
      writer: writerOf(async function* (input) {
        for await (const items of input) {
          const confirmed = items.filter(({ type }) => type === 'STATE');
          yield confirmed;
          if (confirmed.length > 0) return;
        }
      }),
    });
    expect(failure).toMatchObject({
      code: 'delivery_unconfirmed',
      message: 'destination-test: ended before it had taken all its input',
      result: { records: { confirmed: 2 } },
    });
  });

  it('by returning no state has not delivered', async () => {
    expect(await failed({ reader: readerOfItems(...given), writer: silent() })).toMatchObject({
      code: 'delivery_unconfirmed',
      message: 'destination-test: ended without confirming 1 state with 2 records of users',
      result: { records: { read: 2, confirmed: 0 } },
    });
  });

  it('by another count of records has not delivered: the states before it are kept', async () => {
    const states = memoryStore();
    const failure = await failed({
      reader: readerOfItems(...given, rows('users', 2), streamState('users', 4)),
      writer: counting({ 1: 2, 2: 1 }),
      states,
    });
    expect(failure).toMatchObject({
      code: 'delivery_unconfirmed',
      message: 'destination-test: confirmed 1 records of users where 2 were sent',
    });
    expect(states.commits).toEqual([[2]]);
  });

  it('by an error by TRACE has failed however well it ends', async () => {
    const failure = await failed({
      reader: readerOfItems(...given),
      writer: writerOf(async function* (input) {
        for await (const items of input) yield items.filter(({ type }) => type === 'STATE');
        yield [traceError('no space')];
      }),
    });
    expect(failure).toMatchObject({ code: 'connector_failed', message: 'destination-test: no space' });
  });

  it('that returns a state nobody sent is warned of once', async () => {
    const states = memoryStore();
    const result = await sync({
      reader: readerOfItems(...given),
      writer: writerOf(async function* (input) {
        for await (const items of input) {
          yield [
            streamState('users', 'mine'),
            streamState('users', 'mine'),
            ...items.filter(({ type }) => type === 'STATE'),
          ];
        }
      }),
      catalog: catalogOf('users'),
      connection,
      states,
    });
    expect(result.warnings).toMatchObject([{ code: 'state_unknown' }]);
    expect(states.commits).toEqual([[2]]);
  });

  it('that rejects records is warned of, and they do not count as confirmed', async () => {
    const result = await sync({
      reader: readerOfItems(...given),
      writer: writerOf(async function* (input) {
        for await (const items of input) {
          if (items.some(({ type }) => type === 'STATE')) {
            yield [
              streamState('users', 2, {
                id: 1,
                destinationStats: { recordCount: 1, rejectedRecordCount: 1 },
              }),
            ];
          }
        }
      }),
      catalog: catalogOf('users'),
      connection,
    });
    expect(result).toMatchObject({
      records: { read: 2, confirmed: 1, rejected: 1 },
      warnings: [{ code: 'records_rejected', stream: 'users' }],
    });
  });
});

describe('a store that fails', () => {
  const full = new Error('disk full');

  it('fails the sync, and is tried once more at the end', async () => {
    const states = memoryStore();
    states.failNext(full);
    const failure = await failed({ reader: readerOfItems(...given), states });
    expect(failure).toMatchObject({
      code: 'storage_failed',
      message: 'test: its state cannot be saved',
      cause: full,
      result: { states: 1 },
    });
    expect(states.commits).toEqual([[2]]);
  });
});

/** A destination that says how many records it has written before each state. */
function counting(counts: Readonly<Record<number, number>>) {
  return writerOf(async function* (input) {
    for await (const items of input) {
      yield items.flatMap((item) => {
        if (item.type !== 'STATE') return [];
        const recordCount = counts[Number(item.state['id'])] ?? 0;
        return [{ ...item, state: { ...item.state, destinationStats: { recordCount } } }];
      });
    }
  });
}
