import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SyncEvent } from '../../src/protocol/events.ts';
import type { FlowItem } from '../../src/protocol/flow.ts';
import type { Timeouts } from '../../src/protocol/timeouts.ts';
import { type SyncOptions, sync } from '../../src/sync/sync.ts';
import { catalogOf, connection, echo, readerOf, readerOfItems, rows, streamState, writerOf } from './ends.ts';
import { memoryStore } from './memory-store.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a sync that stands still', () => {
  it('is ended when the source gives no sign of life for its limit', async () => {
    const stalled = outcome({ reader: silent(), timeouts: { silenceMs: 5_000 } });
    await vi.advanceTimersByTimeAsync(4_900);
    expect(stalled.error).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(stalled.error).toMatchObject({
      code: 'stalled',
      message: 'source-test: no record, state or log line for 5 s',
      context: { side: 'source', limit: 'silenceMs', limitMs: 5_000 },
      guidance: expect.stringContaining('timeouts.silenceMs'),
    });
  });

  it('lives on while the source logs', async () => {
    const syncing = outcome({
      reader: readerOf(async function* (_states, { log }) {
        for (let minute = 0; minute < 10; minute += 1) {
          await pause(4_000);
          log({ level: 'INFO', message: 'still at it' });
        }
        yield [rows('users', 1), streamState('users', 1)];
      }),
      timeouts: { silenceMs: 5_000 },
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(syncing.error).toBeUndefined();
    expect(syncing.result?.records.confirmed).toBe(1);
  });

  it('does not blame the source for the time that the destination takes', async () => {
    const syncing = outcome({
      reader: readerOfItems(rows('users', 1), streamState('users', 1)),
      writer: writerOf(async function* (input) {
        for await (const items of input) {
          await pause(60_000);
          yield items.filter(({ type }) => type === 'STATE');
        }
      }),
      timeouts: { silenceMs: 5_000 },
    });
    await vi.advanceTimersByTimeAsync(300_000);
    expect(syncing.error).toBeUndefined();
    expect(syncing.result?.records.confirmed).toBe(1);
  });

  it.each([
    ['takes no more input', 'took no input', async () => forever()],
    ['does not end after its input', 'did not end after its input', undefined],
  ])('is ended when the destination %s', async (_, what, onRecords) => {
    const stalled = outcome({
      reader: readerOfItems(rows('users', 1)),
      writer: writerOf(async function* (input) {
        for await (const _items of input) await onRecords?.();
        yield await forever();
      }),
      timeouts: { blockedMs: 5_000, graceMs: 0 },
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stalled.error).toMatchObject({
      code: 'stalled',
      message: `destination-test: ${what} and confirmed nothing for 5 s`,
      context: { side: 'destination', limit: 'blockedMs' },
    });
  });

  it('is ended though the destination goes on logging', async () => {
    const stalled = outcome({
      reader: readerOfItems(rows('users', 1)),
      writer: writerOf(async function* (input, { log, signal }) {
        for await (const _items of input) {
          while (!signal.aborted) {
            await pause(1_000);
            log({ level: 'INFO', message: 'still busy' });
          }
        }
        yield [];
      }),
      timeouts: { blockedMs: 5_000, graceMs: 0 },
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stalled.error).toMatchObject({ code: 'stalled', context: { limit: 'blockedMs' } });
  });

  it('lives on while the destination confirms, also after its input', async () => {
    const syncing = outcome({
      reader: readerOfItems(
        rows('users', 1),
        streamState('users', 1),
        rows('users', 1),
        streamState('users', 2),
      ),
      writer: writerOf(async function* (input) {
        const held: FlowItem[] = [];
        for await (const items of input) held.push(...items.filter(({ type }) => type === 'STATE'));
        for (const state of held) {
          await pause(4_000);
          yield [state];
        }
      }),
      timeouts: { blockedMs: 5_000 },
    });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(syncing.error).toBeUndefined();
    expect(syncing.result?.records.confirmed).toBe(2);
  });

  it('does not wait for ever for a destination whose input was cut short', async () => {
    const stalled = outcome({
      reader: readerOf(async function* () {
        yield [rows('users', 1)];
        throw new Error('read failed');
      }),
      writer: writerOf(async function* (input) {
        try {
          for await (const _ of input);
        } finally {
          await forever();
        }
        yield [];
      }),
      timeouts: { drainMs: 5_000, graceMs: 1_000 },
    });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(stalled.error).toMatchObject({
      message: 'source-test: read failed',
      context: { also: [{ code: 'stalled', context: { limit: 'drainMs' } }] },
    });
  });

  it('is not ended where there is no limit', async () => {
    const syncing = outcome({ reader: silent(), timeouts: { silenceMs: Number.POSITIVE_INFINITY } });
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(syncing.error).toBeUndefined();
    syncing.stop();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(syncing.error).toMatchObject({ code: 'stopped' });
  });
});

describe('saving states', () => {
  it('happens at once, then at most once a second, and at the end', async () => {
    const states = memoryStore();
    const syncing = outcome({
      reader: readerOf(async function* () {
        for (let at = 1; at <= 25; at += 1) {
          yield [rows('users', 1), streamState('users', at)];
          await pause(100);
        }
      }),
      states,
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(states.commits).toEqual([[1]]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(states.commits).toEqual([[1], [10], [20]]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(states.commits).toEqual([[1], [10], [20], [25]]);
    expect(syncing.result?.states).toBe(25);
  });

  it('does not wait for a next confirmation', async () => {
    const states = memoryStore();
    const syncing = outcome({
      reader: readerOf(async function* () {
        yield [streamState('users', 1)];
        yield [streamState('users', 2)];
        await forever();
      }),
      states,
    });
    await vi.advanceTimersByTimeAsync(1_100);
    expect(states.commits).toEqual([[1], [2]]);
    syncing.stop();
    await vi.advanceTimersByTimeAsync(2_000);
  });
});

describe('progress', () => {
  it('is told at most four times a second, with what is waited for', async () => {
    const events: SyncEvent[] = [];
    const syncing = outcome({
      reader: readerOf(async function* () {
        yield [rows('users', 3), streamState('users', 1)];
        await pause(2_000);
      }),
      writer: writerOf(async function* (input) {
        for await (const items of input) yield items.filter(({ type }) => type === 'STATE');
        await pause(1_000);
      }),
      onEvent: (event) => events.push(event),
    });
    await vi.advanceTimersByTimeAsync(4_000);
    expect(syncing.result).toBeDefined();
    const told = events.flatMap((event) => (event.type === 'progress' ? [event.progress] : []));
    expect(told.length).toBeGreaterThan(8);
    expect(told.length).toBeLessThanOrEqual(13);
    expect(told[0]).toEqual({
      elapsedMs: 250,
      bytes: expect.any(Number),
      streams: { users: { read: 3, confirmed: 3, bytes: expect.any(Number), status: undefined } },
      waitingFor: 'source',
    });
    // All is confirmed; only its end is still to come.
    expect(told.at(-2)?.waitingFor).toBe('end');
  });
});

function outcome({ timeouts, ...options }: Partial<SyncOptions> & { readonly timeouts?: Partial<Timeouts> }) {
  const stopping = new AbortController();
  const seen: { error?: unknown; result?: Awaited<ReturnType<typeof sync>>; stop: () => void } = {
    stop: () => stopping.abort(),
  };
  sync({
    reader: readerOfItems(),
    writer: echo(),
    catalog: catalogOf('users'),
    connection,
    signal: stopping.signal,
    timeouts,
    ...options,
  }).then(
    (result) => {
      seen.result = result;
    },
    (error: unknown) => {
      seen.error = error;
    },
  );
  return seen;
}

function silent() {
  return readerOf(async function* () {
    yield await forever();
  });
}

function forever(): Promise<never> {
  return new Promise(() => {});
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
