import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateArchive } from '../../src/caches/state-archive.ts';
import {
  type ConfiguredStream,
  type DestinationSyncMode,
  type SyncMode,
  streamKey,
} from '../../src/protocol/catalog.ts';
import type { ConnectionId, ConnectionState, StateStore } from '../../src/protocol/flow.ts';
import { parseLossless, stringifyLossless } from '../../src/protocol/lossless-json.ts';
import type { StateMessage } from '../../src/protocol/messages.ts';
import { globalState, legacyState, streamState } from '../sync/ends.ts';
import { describeStateArchive } from './state-archive-contract.ts';

/** A store made for one test, and asked for again to see what a later process would find. */
export interface StoreUnderTest extends AsyncDisposable {
  /** A store over the same place, as a process started later would open it. */
  again(): StateStore;
  /** What is kept in it, to be shown and moved. */
  archive(): StateArchive;
}

const a = 'a' as ConnectionId;
const b = 'b' as ConnectionId;

/** What every StateStore promises. */
export function describeStateStore(name: string, make: () => Promise<StoreUnderTest>): void {
  describeStateArchive(name, make);
  describe(`${name} as a store of states`, () => {
    let place: StoreUnderTest;
    beforeEach(async () => {
      place = await make();
    });
    afterEach(() => place[Symbol.asyncDispose]());

    const within = async <T>(connection: ConnectionId, use: (memory: ConnectionState) => Promise<T>) => {
      await using memory = await place.again().open(connection);
      return await use(memory);
    };
    const commit = (connection: ConnectionId, ...states: readonly StateMessage[]) =>
      within(connection, (memory) => memory.commit(states));
    const saved = (connection: ConnectionId = a) =>
      within(connection, async ({ states }) => plainOf(...states));
    const begin = (...streams: readonly ConfiguredStream[]) => within(a, (memory) => memory.begin(streams));

    it('knows nothing of a new connection', async () => {
      expect(await saved()).toEqual([]);
    });

    it('gives back what was committed, to a later process', async () => {
      await commit(a, streamState('users', { at: 1 }), streamState('orders', { at: 2 }));
      expect(await saved()).toEqual(
        plainOf(streamState('users', { at: 1 }), streamState('orders', { at: 2 })),
      );
    });

    it('shows what was committed at once', async () => {
      await within(a, async (memory) => {
        await memory.commit([streamState('users', 1)]);
        expect(plainOf(...memory.states)).toEqual(plainOf(streamState('users', 1)));
      });
    });

    it('replaces the state of a stream and leaves the others', async () => {
      await commit(a, streamState('users', 1), streamState('orders', 1));
      await commit(a, streamState('users', 2), streamState('users', 3));
      expect(await saved()).toEqual(plainOf(streamState('users', 3), streamState('orders', 1)));
    });

    it('tells streams of one name in two namespaces apart', async () => {
      await commit(a, spaced('users', 'x', 1), spaced('users', 'y', 2), streamState('users', 3));
      await commit(a, spaced('users', 'y', 4));
      expect(await saved()).toEqual(
        plainOf(spaced('users', 'x', 1), spaced('users', 'y', 4), streamState('users', 3)),
      );
    });

    it('forgets a stream whose state is null', async () => {
      await commit(a, streamState('users', 1), streamState('orders', 1));
      await commit(a, streamState('users', null));
      expect(await saved()).toEqual(plainOf(streamState('orders', 1)));
    });

    it.each([
      ['GLOBAL', globalState],
      ['LEGACY', legacyState],
    ])('replaces everything by a %s state', async (_, state) => {
      await commit(a, streamState('users', 1), state(1));
      expect(await saved()).toEqual(plainOf(state(1)));
      await commit(a, state(2));
      expect(await saved()).toEqual(plainOf(state(2)));
    });

    it('replaces a shared state by one of a stream, when the source has changed its kind', async () => {
      await commit(a, globalState(1, { users: 1, orders: 1 }));
      await commit(a, streamState('users', 2));
      expect(await saved()).toEqual(plainOf(streamState('users', 2)));
    });

    it('loses no digit and no spelling', async () => {
      const text =
        '{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"b":9223372036854775807,"a":1.0,"e":1e400,"z":-0.0,"2":0,"1":"\\ud800","n":null,"d":12345678901234567890.123456789}},"more":[1.50]}';
      await commit(a, { type: 'STATE', state: parseLossless(text) as StateMessage['state'] });
      await within(a, async ({ states }) => {
        expect(states.map(({ state }) => stringifyLossless(state))).toEqual([text]);
      });
    });

    it('keeps connections apart', async () => {
      await commit(a, streamState('users', 1));
      await commit(b, streamState('users', 2));
      expect(await saved(a)).toEqual(plainOf(streamState('users', 1)));
      expect(await saved(b)).toEqual(plainOf(streamState('users', 2)));
    });

    it('numbers the syncs of a connection', async () => {
      expect((await begin()).syncId).toBe(1);
      expect((await begin()).syncId).toBe(2);
    });

    it('raises the generation of streams that are read whole, and of no others', async () => {
      const streams = [
        configured('users', 'incremental', 'append_dedup'),
        configured('all', 'full_refresh', 'overwrite'),
        configured('log', 'full_refresh', 'append'),
      ];
      expect((await begin(...streams)).generations).toEqual(
        new Map([
          [streamKey({ name: 'users' }), { id: 1, minimum: 0 }],
          [streamKey({ name: 'all' }), { id: 1, minimum: 1 }],
          [streamKey({ name: 'log' }), { id: 1, minimum: 0 }],
        ]),
      );
      expect([...(await begin(...streams)).generations.values()]).toEqual([
        { id: 1, minimum: 0 },
        { id: 2, minimum: 2 },
        { id: 2, minimum: 0 },
      ]);
    });

    it('remembers the generation of a stream that was left out for a while', async () => {
      await begin(configured('all', 'full_refresh', 'overwrite'));
      await begin(configured('users', 'incremental', 'append'));
      const { generations } = await begin(configured('all', 'full_refresh', 'overwrite'));
      expect([...generations.values()]).toEqual([{ id: 2, minimum: 2 }]);
    });

    it('forgets the state of streams that are read whole before their first record', async () => {
      await commit(a, streamState('users', 1), streamState('all', 1), streamState('absent', 1));
      await within(a, async (memory) => {
        await memory.begin([
          configured('users', 'incremental', 'append'),
          configured('all', 'full_refresh', 'overwrite'),
        ]);
        expect(plainOf(...memory.states)).toEqual(plainOf(streamState('users', 1), streamState('absent', 1)));
      });
      expect(await saved()).toEqual(plainOf(streamState('users', 1), streamState('absent', 1)));
    });

    it('takes such streams out of a shared state, and drops it when none is left', async () => {
      await commit(a, globalState('lsn', { users: 1, all: 1 }));
      await begin(configured('users', 'incremental', 'append'), configured('all', 'full_refresh', 'append'));
      expect(await saved()).toEqual(plainOf(globalState('lsn', { users: 1 })));
      await begin(configured('users', 'full_refresh', 'append'));
      expect(await saved()).toEqual([]);
    });

    it('lets one run at a time hold a connection, and says who does', async () => {
      await within(a, async () => {
        await expect(place.again().open(a)).rejects.toMatchObject({
          code: 'state_busy',
          context: { pid: process.pid },
        });
        expect(await saved(b)).toEqual([]);
      });
      expect(await saved(a)).toEqual([]);
    });

    it('lets exactly one of many who come at once have it', async () => {
      const coming = await Promise.allSettled(Array.from({ length: 8 }, () => place.again().open(a)));
      const [held, ...others] = coming.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(others).toEqual([]);
      await held?.[Symbol.asyncDispose]();
    });
  });
}

function configured(
  name: string,
  sync_mode: SyncMode,
  destination_sync_mode: DestinationSyncMode,
): ConfiguredStream {
  return { stream: { name, json_schema: {} }, sync_mode, destination_sync_mode };
}

function spaced(name: string, namespace: string, stream_state: unknown): StateMessage {
  const stream = { stream_descriptor: { name, namespace }, stream_state };
  return { type: 'STATE', state: { type: 'STREAM', stream, data: undefined } };
}

/** Without what is undefined, as JSON has it, and in no order: a store keeps none between streams. */
function plainOf(...states: readonly StateMessage[]): readonly unknown[] {
  return states
    .map(({ state }) => stringifyLossless(state))
    .toSorted()
    .map((text) => JSON.parse(text));
}
