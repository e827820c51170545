import { describe, expect, it } from 'vitest';
import { ConnectorFailedError } from '../../src/errors.ts';
import type { FlowItem } from '../../src/protocol/flow.ts';
import {
  catalogOf,
  configured,
  echo,
  failed,
  failingAfter,
  globalState,
  move,
  readerOf,
  readerOfItems,
  rows,
  status,
  streamState,
  traceError,
  writerOf,
} from './ends.ts';
import { memoryStore } from './memory-store.ts';

const given = [rows('users', 2), streamState('users', 2)];

describe('a source that fails', () => {
  it('lets the destination drain, keeps what that confirms, and is what the sync fails of', async () => {
    const broken = readFailed();
    const taken: FlowItem[] = [];
    const states = memoryStore();
    const failure = await failed({
      reader: failingAfter(given, broken),
      // Confirms only once its input is over.
      writer: writerOf(async function* (input) {
        try {
          for await (const items of input) taken.push(...items);
        } finally {
          yield taken.filter(({ type }) => type === 'STATE');
        }
      }),
      states,
    });
    expect(failure).toBe(broken);
    expect(failure.result).toMatchObject({
      records: { read: 2, confirmed: 2 },
      states: 1,
      streams: { users: { status: 'incomplete' } },
    });
    expect(states.saved).toEqual([streamState('users', 2).state]);
    expect(taken.map(({ type }) => type)).toEqual(['RECORDS', 'STATE']);
  });

  it('is named before the destination that complains of the input cut short', async () => {
    const broken = readFailed();
    const failure = await failed({
      reader: failingAfter(given, broken),
      writer: writerOf(async function* (input) {
        try {
          for await (const items of input) yield items.filter(({ type }) => type === 'STATE');
        } catch {
          throw new ConnectorFailedError('destination-test: truncated input', { context: { exitCode: 3 } });
        }
      }),
    });
    expect(failure).toBe(broken);
    expect(failure.context['also']).toEqual([
      { code: 'connector_failed', message: 'destination-test: truncated input', context: { exitCode: 3 } },
    ]);
  });

  it('fails the sync also when the destination makes light of it', async () => {
    const broken = readFailed();
    const failure = await failed({
      reader: failingAfter(given, broken),
      writer: writerOf(async function* (input) {
        try {
          for await (const items of input) yield items.filter(({ type }) => type === 'STATE');
        } catch {}
      }),
    });
    expect(failure).toBe(broken);
    expect(failure.context['also']).toBeUndefined();
  });

  it('is named where it throws what is no error of ours', async () => {
    const cause = new TypeError('x is not a function');
    expect(await failed({ reader: failingAfter([], cause) })).toMatchObject({
      code: 'connector_failed',
      message: 'source-test: x is not a function',
      cause,
    });
  });

  it.each([
    ['an INCOMPLETE', status('users', 'INCOMPLETE'), 'source-test: left users incomplete'],
    ['an error by TRACE', traceError('quota'), 'source-test: quota'],
  ])(
    'by %s has failed however well it ends, and nothing is said to be complete',
    async (_, said, message) => {
      const taken: FlowItem[] = [];
      const states = memoryStore();
      const failure = await failed({
        reader: readerOfItems(...given, said),
        writer: echo(taken),
        states,
      });
      expect(failure).toMatchObject({ code: 'connector_failed', message });
      expect(taken.map(({ type }) => type)).toEqual(['RECORDS', 'STATE']);
      expect(states.commits).toEqual([[2]]);
    },
  );

  it('by ending a stream that it began without a COMPLETE is warned of, naming the stream', async () => {
    const taken: FlowItem[] = [];
    const begun = [status('users', 'STARTED'), status('users', 'RUNNING')];
    const result = await move({ items: [...begun, ...given], taken });
    expect(result.warnings).toEqual([
      {
        code: 'stream_not_completed',
        message: 'source-test began users and ended without saying that it is complete',
        stream: 'users',
      },
    ]);
    expect(taken.at(-1)).toMatchObject({ trace: { stream_status: { status: 'COMPLETE' } } });
    const again = [...begun, ...given, status('users', 'COMPLETE'), status('users', 'RUNNING')];
    expect((await move({ items: again })).warnings).toEqual([]);
    expect((await move({ items: given })).warnings).toEqual([]);
  });

  it('by ending a stream that replaces older data without a COMPLETE leaves all streams as they were', async () => {
    const taken: FlowItem[] = [];
    const failure = await failed({
      reader: readerOfItems(status('users', 'STARTED'), rows('users', 2), status('orders', 'COMPLETE')),
      writer: echo(taken),
      catalog: catalogOf(configured('users', 'full_refresh', 'overwrite'), 'orders'),
    });
    expect(failure).toMatchObject({
      code: 'protocol_violated',
      message: 'source-test: ended without saying that users is complete',
    });
    expect(taken.map(({ type }) => type)).toEqual(['RECORDS']);
  });

  it('takes back an INCOMPLETE by a COMPLETE', async () => {
    await move({ items: [status('users', 'INCOMPLETE'), ...given, status('users', 'COMPLETE')] });
  });

  it.each([
    ['a record', rows('other', 1)],
    ['a state', streamState('other', 1)],
  ])('by %s of a stream that is not in the catalog is stopped at once', async (_, item) => {
    let signal: AbortSignal | undefined;
    const failure = await failed({
      reader: readerOf(async function* (_states, options) {
        signal = options.signal;
        yield given;
        yield [item];
        await new Promise(() => {});
      }),
      writer: writerOf(async function* (input) {
        try {
          for await (const items of input) yield items.filter(({ type }) => type === 'STATE');
        } catch (error) {
          expect(signal?.aborted).toBe(true);
          throw error;
        }
      }),
    });
    expect(failure).toMatchObject({
      code: 'protocol_violated',
      message: 'source-test: sent the stream other, which is not in the catalog',
      guidance: expect.stringContaining('Selected are: users'),
      result: { records: { confirmed: 2 } },
    });
  });

  it('by mixing kinds of state breaks the protocol', async () => {
    expect(await failed({ reader: readerOfItems(...given, globalState(1)) })).toMatchObject({
      code: 'protocol_violated',
      message: 'source-test: sent a GLOBAL state after a STREAM state',
    });
  });
});

function readFailed() {
  return new ConnectorFailedError('source-test: read failed');
}
