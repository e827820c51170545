import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sourceFaker } from '../../../src/connectors/sources/faker.ts';
import { InputError, StateDamagedError, StreamUnknownError } from '../../../src/errors.ts';
import type { FlowItem } from '../../../src/protocol/flow.ts';
import type { StateMessage } from '../../../src/protocol/messages.ts';
import {
  collect,
  collectFailing,
  configured,
  executionOptions,
  linesIn,
  read,
  rowsIn,
  statesIn,
} from '../program-run.ts';

const once = { always_updated: false };

describe('source-faker', () => {
  it("has the streams, fields and keys of Airbyte's", async () => {
    const { streams } = (await sourceFaker.discover?.({}, executionOptions())) ?? { streams: [] };
    const properties = Object.fromEntries(
      streams.map(({ name, json_schema }) => [name, json_schema['properties']]),
    );
    expect(properties).toEqual(airbyteProperties);
    for (const stream of streams) {
      expect(stream).toMatchObject({
        supported_sync_modes: ['full_refresh', 'incremental'],
        source_defined_cursor: true,
        default_cursor_field: ['updated_at'],
        source_defined_primary_key: [['id']],
      });
    }
  });

  it('makes 100 products, as many users as asked for, and ten purchases for ten users', async () => {
    const { products, users, purchases } = rowsIn(await run({ count: 50, seed: 1, ...once }));
    expect(products).toHaveLength(100);
    expect(users?.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(purchases?.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(purchases?.every(({ user_id }) => Number(user_id) >= 1 && Number(user_id) <= 50)).toBe(true);
  });

  it('makes rows that are what the schema says, in the order that time has', async () => {
    const {
      products = [],
      users = [],
      purchases = [],
    } = rowsIn(await run({ count: 2000, seed: 3, ...once }));
    for (const row of [...products, ...users, ...purchases]) {
      expect(Date.parse(String(row['created_at']))).toBeLessThanOrEqual(
        Date.parse(String(row['updated_at'])),
      );
    }
    expect(Object.keys(users[0] ?? {})).toEqual(Object.keys(airbyteProperties.users));
    expect(new Set(users.map(({ email }) => email)).size).toBe(users.length);
    const bought = purchases.filter(({ purchased_at }) => purchased_at !== null);
    const returned = bought.filter(({ returned_at }) => returned_at !== null);
    expect(bought.length / purchases.length).toBeCloseTo(0.7, 1);
    expect(returned.length / bought.length).toBeCloseTo(0.15, 1);
    for (const { created_at, added_to_cart_at, purchased_at, returned_at } of returned) {
      const times = [created_at, added_to_cart_at, purchased_at, returned_at].map((time) =>
        Date.parse(`${time}`),
      );
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });

  it('makes the same bytes of the same seed, however they are sliced', async () => {
    const config = { count: 300, seed: 42, ...once };
    const first = linesIn(await run(config));
    for (const how of [{}, { records_per_slice: 7 }, { records_per_slice: 1 }, { parallelism: 1 }]) {
      expect(linesIn(await run({ ...config, ...how }))).toBe(first);
    }
  });

  it('makes other rows of another seed, and of -1 in each run', async () => {
    const texts = await Promise.all(
      [1, 2, -1, -1].map(async (seed) => linesIn(await run({ count: 5, seed, ...once }))),
    );
    expect(new Set(texts).size).toBe(4);
  });

  it('makes more of the same rows when the count is raised', async () => {
    const few = rowsIn(await run({ count: 33, seed: 5, ...once }));
    const many = rowsIn(await run({ count: 60, seed: 5, ...once }));
    expect(many['users']?.slice(0, 33)).toEqual(few['users']);
    expect(many['purchases']?.slice(0, few['purchases']?.length)).toEqual(few['purchases']);
  });

  it('sends a state after each slice, with the number of rows since the one before', async () => {
    const items = await run({ count: 25, seed: 1, records_per_slice: 10, ...once });
    const counts = statesIn(items)
      .filter(({ state }) => state.stream?.stream_descriptor.name === 'users')
      .map(({ state }) => state.sourceStats?.recordCount);
    expect(counts).toEqual([10, 10, 5]);
  });

  it('is resumed after any state without losing or repeating a row', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        fc.nat(),
        async (count, records_per_slice, always_updated, pick) => {
          const config = { count, records_per_slice, seed: 9, always_updated };
          const whole = await run(config);
          const places = whole.flatMap((item, index) => (item.type === 'STATE' ? [index] : []));
          const place = places[pick % places.length] ?? 0;
          const before = whole.slice(0, place + 1);
          // With always_updated a stream that is over begins again, which is no part of this law.
          const open = await run({ ...config, always_updated: false }, statesIn(before));
          expect(idsIn([...before, ...open])).toEqual(idsIn(whole));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('goes on with the seed that chance gave it', async () => {
    const config = { count: 40, records_per_slice: 10, ...once };
    const whole = await run(config);
    const states = statesIn(whole);
    const firstUsers = states.find(({ state }) => state.stream?.stream_descriptor.name === 'users');
    const resumed = await run(config, firstUsers === undefined ? [] : [firstUsers]);
    expect(rowsIn(resumed)['users']).toEqual(rowsIn(whole)['users']?.slice(10));
  });

  it('moves nothing in a second run, and still ends with a state', async () => {
    const config = { count: 20, seed: 4, ...once };
    const states = statesIn(await run(config));
    const again = await run(config, states);
    expect(rowsIn(again)).toEqual({});
    expect(statesIn(again).map(({ state }) => state.stream?.stream_state)).toEqual(
      lastStates(states).map(({ state }) => state.stream?.stream_state),
    );
  });

  it('sends just the new rows when the count has been raised', async () => {
    const states = statesIn(await run({ count: 17, seed: 4, ...once }));
    const more = rowsIn(await run({ count: 40, seed: 4, ...once }, states));
    expect(more['products']).toBeUndefined();
    expect(more['users']?.map(({ id }) => id)).toEqual(Array.from({ length: 23 }, (_, index) => index + 18));
    expect(more['purchases']?.at(0)).toMatchObject({ id: 17, user_id: 18 });
  });

  it('sends every row in every run where rows are always updated', async () => {
    const config = { count: 20, seed: 4 };
    const again = await run(config, statesIn(await run(config)));
    expect(rowsIn(again)['users']).toHaveLength(20);
  });

  it('sends every row in a full refresh, and where the seed is another', async () => {
    const states = statesIn(await run({ count: 20, seed: 4, ...once }));
    const full = await run({ count: 20, seed: 4, ...once }, states, 'full_refresh');
    expect(rowsIn(full)['users']).toHaveLength(20);
    const other = await run({ count: 20, seed: 5, ...once }, states);
    expect(rowsIn(other)['users']).toHaveLength(20);
  });

  it("takes up a state of Airbyte's own", async () => {
    const state = (name: string, stream_state: unknown): StateMessage => ({
      type: 'STATE',
      state: { type: 'STREAM', stream: { stream_descriptor: { name }, stream_state } },
    });
    const saved = { seed: 7, updated_at: '2026-01-01T00:00:00+00:00', loop_offset: 10 };
    const rows = rowsIn(await run({ count: 12, seed: 7, ...once }, [state('users', saved)]));
    expect(rows['users']?.map(({ id }) => id)).toEqual([11, 12]);
  });

  it('announces each stream: started, how much, running, complete', async () => {
    const items = await run({ count: 3, seed: 1 });
    const said = items.flatMap((item) => (item.type === 'TRACE' ? [item.trace] : []));
    const users = said.filter((trace) => JSON.stringify(trace).includes('"users"'));
    expect(
      users.map((trace) => (trace.type === 'STREAM_STATUS' ? trace.stream_status.status : trace.type)),
    ).toEqual(['STARTED', 'ESTIMATE', 'RUNNING', 'COMPLETE']);
  });

  it('stops soon when its signal aborts', async () => {
    const abort = new AbortController();
    const catalog = await configured(sourceFaker, {});
    const flow = read(sourceFaker, { count: 1e9 }, { catalog, options: executionOptions(abort.signal) });
    const reason = new Error('enough');
    setImmediate(() => abort.abort(reason));
    expect((await collectFailing(flow)).error).toBe(reason);
  });

  it('refuses what it does not understand', async () => {
    await expect(sourceFaker.check({ count: 0 }, executionOptions())).rejects.toThrow(InputError);
    const catalog = await configured(sourceFaker, {});
    const [stream] = catalog.streams;
    if (stream === undefined) throw new Error('no stream');
    const strange = { streams: [{ ...stream, stream: { ...stream.stream, name: 'orders' } }] };
    const unknown = await collectFailing(read(sourceFaker, {}, { catalog: strange }));
    expect(unknown.error).toBeInstanceOf(StreamUnknownError);
    const states = statesIn(await run({ count: 1 }));
    const damaged = states.map(
      (message): StateMessage => ({
        ...message,
        state: {
          ...message.state,
          stream: { stream_descriptor: { name: 'users' }, stream_state: { seed: 'x' } },
        },
      }),
    );
    const refused = await collectFailing(read(sourceFaker, {}, { catalog, states: damaged }));
    expect(refused.error).toBeInstanceOf(StateDamagedError);
    expect(refused.error).toHaveProperty('context', { stream: 'users' });
  });
});

async function run(
  config: Readonly<Record<string, unknown>>,
  states: readonly StateMessage[] = [],
  sync_mode: 'incremental' | 'full_refresh' = 'incremental',
): Promise<readonly FlowItem[]> {
  const catalog = await configured(sourceFaker, config, { sync_mode });
  return collect(read(sourceFaker, config, { catalog, states }));
}

function idsIn(items: readonly FlowItem[]): Readonly<Record<string, readonly unknown[]>> {
  return Object.fromEntries(
    Object.entries(rowsIn(items)).map(([stream, rows]) => [stream, rows.map(({ id }) => id)]),
  );
}

/** The last state of each stream. */
function lastStates(states: readonly StateMessage[]): readonly StateMessage[] {
  return [
    ...new Map(states.map((message) => [message.state.stream?.stream_descriptor.name, message])).values(),
  ];
}

const time = { type: 'string', format: 'date-time', airbyte_type: 'timestamp_with_timezone' };
const timeOrNull = { type: ['null', 'string'], format: 'date-time', airbyte_type: 'timestamp_with_timezone' };

const airbyteProperties = {
  products: {
    id: { type: 'integer' },
    make: { type: 'string' },
    model: { type: 'string' },
    year: { type: 'integer' },
    price: { type: 'number' },
    created_at: time,
    updated_at: time,
  },
  users: {
    id: { type: 'integer' },
    created_at: time,
    updated_at: time,
    name: { type: 'string' },
    title: { type: 'string' },
    age: { type: 'integer' },
    email: { type: 'string' },
    telephone: { type: 'string' },
    gender: { type: 'string' },
    language: { type: 'string' },
    academic_degree: { type: 'string' },
    nationality: { type: 'string' },
    occupation: { type: 'string' },
    height: { type: 'string' },
    blood_type: { type: 'string' },
    weight: { type: 'integer' },
    address: {
      type: 'object',
      properties: {
        street_number: { type: 'string' },
        street_name: { type: 'string' },
        city: { type: 'string' },
        state: { type: 'string' },
        province: { type: 'string' },
        postal_code: { type: 'string' },
        country_code: { type: 'string' },
      },
    },
  },
  purchases: {
    id: { type: 'integer' },
    user_id: { type: 'integer' },
    product_id: { type: 'integer' },
    created_at: time,
    updated_at: time,
    added_to_cart_at: timeOrNull,
    purchased_at: timeOrNull,
    returned_at: timeOrNull,
  },
};
