import { describe, expect, it } from 'vitest';
import type { SyncEvent } from '../../src/protocol/events.ts';
import type { Flow } from '../../src/protocol/flow.ts';
import {
  catalogOf,
  connection,
  echo,
  failed,
  move,
  readerOf,
  readerOfItems,
  rows,
  silentSource,
  streamState,
  writerOf,
} from './ends.ts';
import { memoryStore } from './memory-store.ts';

const given = [rows('users', 2), streamState('users', 2)];

describe('stopping a sync', () => {
  it('ends both sides while they are silent, keeps what was confirmed and says so', async () => {
    const stop = new AbortController();
    const source = silentSource(given);
    const states = memoryStore();
    const failure = await failed({
      reader: source.reader,
      states,
      signal: stop.signal,
      onEvent: ({ type }) => type === 'state_saved' && stop.abort(),
    });
    expect(failure).toMatchObject({
      code: 'stopped',
      message: 'test: stopped',
      guidance: 'Kept: 1 state, 2 of 2 records confirmed. The next run carries on from there.',
      result: { states: 1, records: { read: 2, confirmed: 2 } },
    });
    expect(source.ended()).toBe(true);
    expect(states.commits).toEqual([[2]]);
  });

  it('says that nothing was kept when nothing was', async () => {
    const stop = new AbortController();
    const failure = await failed({
      reader: readerOf(async function* (_states, { signal }) {
        yield [rows('users', 2)];
        stop.abort();
        yield await aborted(signal);
      }),
      signal: stop.signal,
      states: memoryStore(),
    });
    expect(failure.guidance).toContain('No state had been saved');
  });

  it('before it began starts nothing', async () => {
    const failure = await failed({
      reader: readerOf(() => expect.unreachable()),
      writer: writerOf(() => expect.unreachable()),
      signal: AbortSignal.abort(),
    });
    expect(failure).toMatchObject({ code: 'stopped', message: 'test: stopped before it began' });
  });

  it('after its end changes nothing', async () => {
    const stop = new AbortController();
    const result = await move({
      items: given,
      states: memoryStore(),
      signal: stop.signal,
      onEvent: ({ type }) => type === 'finished' && stop.abort(),
    });
    expect(result.records.confirmed).toBe(2);
  });

  it('waits until both sides have put away what they opened', async () => {
    const stop = new AbortController();
    const gone: string[] = [];
    const stopping = failed({
      reader: readerOf(async function* (_states, { signal }) {
        try {
          yield await aborted(signal);
        } finally {
          await turns(20)();
          gone.push('source');
        }
      }),
      writer: writerOf(async function* (input) {
        try {
          for await (const items of input) yield items;
        } finally {
          await turns(40)();
          gone.push('destination');
        }
      }),
      signal: stop.signal,
    });
    await turns(2)();
    stop.abort();
    await stopping;
    expect(gone).toEqual(['source', 'destination']);
  });

  it('is possible also while two ends in this process never pause', async () => {
    const stop = new AbortController();
    const progress: SyncEvent[] = [];
    setTimeout(() => stop.abort(), 300);
    const failure = await failed({
      reader: readerOf(async function* () {
        for (;;) yield given;
      }),
      signal: stop.signal,
      onEvent: (event) => event.type === 'progress' && progress.push(event),
    });
    expect(failure.code).toBe('stopped');
    expect(progress).not.toEqual([]);
  });

  it('waits no longer than it must for a side that does not let go', async () => {
    const stop = new AbortController();
    const failure = await failed({
      reader: readerOf(async function* () {
        stop.abort();
        yield await new Promise<never>(() => {});
      }),
      signal: stop.signal,
      timeouts: { graceMs: 10 },
    });
    expect(failure.code).toBe('stopped');
  });

  it('by an event handler that throws is a failure of that handler, which is not called again', async () => {
    const cause = new Error('no screen');
    const seen: string[] = [];
    const failure = await failed({
      reader: silentSource(given).reader,
      states: memoryStore(),
      onEvent: ({ type }: SyncEvent) => {
        seen.push(type);
        if (type === 'state_saved') throw cause;
      },
    });
    expect(failure).toMatchObject({
      code: 'callback_failed',
      message: 'onEvent failed: no screen',
      cause,
      result: { states: 1 },
    });
    expect(seen.at(-1)).toBe('state_saved');
  });

  it('by an event handler that rejects is a failure of that handler too', async () => {
    const failure = await failed({
      reader: silentSource(given).reader,
      onEvent: async ({ type }) => {
        if (type === 'started') throw new Error('later');
      },
    });
    expect(failure).toMatchObject({ code: 'callback_failed', message: 'onEvent failed: later' });
  });

  it('by an event handler that fails of the end is a failure too, and no second end is told', async () => {
    const seen: string[] = [];
    const failure = await failed({
      reader: readerOfItems(...given),
      onEvent: ({ type }: SyncEvent) => {
        seen.push(type);
        if (type === 'finished') throw new Error('no screen');
      },
    });
    expect(failure).toMatchObject({ code: 'callback_failed', result: { records: { confirmed: 2 } } });
    expect(seen.filter((type) => type === 'finished' || type === 'failed')).toEqual(['finished']);
  });

  it('leaves no promise behind that nobody handles', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listener);
    const stop = new AbortController();
    await failed({
      reader: silentSource([]).reader,
      writer: writerOf((input) => rejecting(input)),
      signal: stop.signal,
      onEvent: ({ type }) => type === 'started' && setImmediate(() => stop.abort()),
    });
    await turns(5)();
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
  });

  it('tells whoever listens how it failed, with the same result', async () => {
    const events: SyncEvent[] = [];
    const failure = await failed({
      reader: readerOfItems(...given, streamState('other', 1)),
      writer: echo(),
      catalog: catalogOf('users'),
      connection,
      onEvent: (event) => events.push(event),
    });
    expect(events.at(-1)).toEqual({ type: 'failed', error: failure, result: failure.result });
  });
});

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

/** Lets other things happen so many times. */
function turns(count: number): () => Promise<void> {
  return async () => {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
}

/** A destination that rejects on being stopped, as does its input. */
function rejecting(input: Flow): Flow {
  return {
    [Symbol.asyncIterator]: () => {
      const inner = input[Symbol.asyncIterator]();
      return {
        next: () => inner.next().then(() => ({ done: true, value: undefined })),
        return: () => Promise.reject(new Error('no')),
      };
    },
  };
}
