import { describe, expect, it } from 'vitest';
import type { ConfiguredCatalog } from '../../src/protocol/catalog.ts';
import type { FlowItem } from '../../src/protocol/flow.ts';
import type { StateMessage } from '../../src/protocol/messages.ts';
import { sync } from '../../src/sync/sync.ts';
import {
  catalogOf,
  configured,
  connection,
  echo,
  failed,
  failingAfter,
  globalState,
  legacyState,
  move,
  readerOf,
  readerOfItems,
  rows,
  silent,
  statesIn,
  streamState,
  writerOf,
} from './ends.ts';
import { memoryStore } from './memory-store.ts';

describe('what a source is told of its saved state', () => {
  const saved = [streamState('users', 1).state, streamState('orders', 2).state, streamState('old', 3).state];

  it('is the states of the streams that it reads incrementally', async () => {
    expect(await offered(saved, catalogOf('users', configured('orders', 'full_refresh')))).toEqual([
      saved[0],
    ]);
  });

  it('is nothing when all is read anew', async () => {
    const catalog = catalogOf(configured('users', 'full_refresh', 'append'));
    expect(await offered(saved, catalog)).toEqual([]);
    expect(await offered([legacyState(1).state], catalog)).toEqual([]);
    expect(await offered([globalState(1, { users: 1 }).state], catalog)).toEqual([]);
  });

  it('is a shared state without the streams that are read anew', async () => {
    const shared = globalState('lsn', { users: 1, orders: 2 }).state;
    expect(await offered([shared], catalogOf('users', configured('orders', 'full_refresh')))).toEqual([
      globalState('lsn', { users: 1 }).state,
    ]);
  });

  it('is a LEGACY state as it is', async () => {
    expect(await offered([legacyState({ a: 1 }).state], catalogOf('users'))).toEqual([
      legacyState({ a: 1 }).state,
    ]);
  });

  async function offered(states: readonly StateMessage['state'][], catalog: ConfiguredCatalog) {
    let given: readonly StateMessage[] = [];
    await sync({
      reader: readerOf(async function* (told) {
        given = told;
        yield [];
      }),
      writer: echo(),
      catalog,
      connection,
      states: memoryStore(states),
    });
    return given.map(({ state }) => state);
  }
});

describe('a stream without states', () => {
  const all = catalogOf(configured('all', 'full_refresh'));

  it('is given an empty one when it is read whole, so that its delivery is confirmed; it is never kept', async () => {
    const taken: FlowItem[] = [];
    const states = memoryStore();
    const result = await move({ items: [rows('all', 3)], taken, catalog: all, states });
    expect(statesIn(taken)).toMatchObject([
      { state: { type: 'STREAM', stream: { stream_state: {} }, id: 1, sourceStats: { recordCount: 3 } } },
    ]);
    expect(result).toMatchObject({ records: { confirmed: 3 }, states: 0, warnings: [] });
    expect(states.commits).toEqual([]);
  });

  it('is given none when it has one, or the state is shared', async () => {
    const taken: FlowItem[] = [];
    await move({ items: [rows('all', 3), streamState('all', 1)], taken, catalog: all });
    await move({ items: [rows('all', 3), globalState(1)], taken, catalog: all });
    expect(statesIn(taken).map(({ state }) => state['id'])).toEqual([1, 1]);
  });

  it('has not been delivered when a destination that ends well returns none of the states', async () => {
    const failure = await failed({
      reader: readerOfItems(rows('all', 3), rows('more', 2)),
      writer: silent(),
      catalog: catalogOf(configured('all', 'full_refresh'), 'more'),
    });
    expect(failure).toMatchObject({
      code: 'delivery_unconfirmed',
      message: 'destination-test: ended without confirming 1 state with 5 records of more, all',
      result: { records: { read: 5, confirmed: 0 } },
    });
  });

  it('counts as confirmed with a warning when there was no state to return', async () => {
    const result = await move({ items: [rows('users', 3)] });
    expect(result).toMatchObject({
      records: { read: 3, confirmed: 3 },
      warnings: [{ code: 'nothing_confirmed', stream: 'users' }],
    });
  });

  it('counts as confirmed with a warning when only the states of other streams came back', async () => {
    const result = await sync({
      reader: readerOfItems(rows('users', 1), streamState('users', 1), rows('all', 3)),
      writer: writerOf(async function* (input) {
        for await (const items of input) yield statesIn(items).filter(({ state }) => state['id'] === 1);
      }),
      catalog: catalogOf('users', configured('all', 'full_refresh')),
      connection,
    });
    expect(result).toMatchObject({
      records: { read: 4, confirmed: 4 },
      warnings: [{ code: 'nothing_confirmed', stream: 'all' }],
    });
  });

  it('says so too of records after the last state', async () => {
    const result = await move({ items: [rows('users', 3), streamState('users', 1), rows('users', 2)] });
    expect(result.warnings).toEqual([
      {
        code: 'nothing_confirmed',
        stream: 'users',
        message: 'destination-test took 2 records of users that no state confirms',
      },
    ]);
  });

  it('needs no warning when it has no records', async () => {
    expect(
      (await sync({ reader: readerOfItems(), writer: silent(), catalog: all, connection })).warnings,
    ).toEqual([]);
  });
});

describe('the states of streams that are overwritten', () => {
  it('are kept only at a good end, because the data take their place only then', async () => {
    const catalog = catalogOf('users', configured('all', 'full_refresh', 'overwrite'));
    const items = [rows('all', 1), streamState('all', 'a'), rows('users', 1), streamState('users', 'u')];
    const failing = memoryStore();
    await expect(
      sync({
        reader: readerOf(async function* () {
          for (const item of items) yield [item];
          throw new Error('gone');
        }),
        writer: echo(),
        catalog,
        connection,
        states: failing,
      }),
    ).rejects.toMatchObject({ result: { states: 1, records: { confirmed: 2 } } });
    expect(failing.commits).toEqual([['u']]);

    const good = memoryStore();
    expect(await move({ items, catalog, states: good })).toMatchObject({ states: 2 });
    expect(good.saved).toEqual([streamState('users', 'u').state, streamState('all', 'a').state]);
  });

  it.each([
    ['GLOBAL', globalState('lsn', { users: 1, all: 1 })],
    ['LEGACY', legacyState({ users: 1, all: 1 })],
  ])('are held too where they are part of a %s one', async (_, state) => {
    const catalog = catalogOf('users', configured('all', 'incremental', 'overwrite'));
    const items = [rows('all', 1), rows('users', 1), state];
    const failing = memoryStore();
    await failed({
      reader: failingAfter(items, new Error('gone')),
      catalog,
      states: failing,
    });
    expect(failing.commits).toEqual([]);

    const good = memoryStore();
    expect(await move({ items, catalog, states: good })).toMatchObject({ states: 1 });
    expect(good.saved).toEqual([state.state]);
  });
});
