import { describe, expect, it } from 'vitest';
import type { ConfiguredCatalog } from '../../src/protocol/catalog.ts';
import type { FlowItem } from '../../src/protocol/flow.ts';
import { sync } from '../../src/sync/sync.ts';
import {
  catalogOf,
  configured,
  connection,
  echo,
  estimate,
  move,
  readerOf,
  readerOfItems,
  rows,
  statesIn,
  status,
  streamState,
  writerOf,
} from './ends.ts';
import { memoryStore } from './memory-store.ts';

describe('a sync', () => {
  it('moves records and keeps the states that came back', async () => {
    const taken: FlowItem[] = [];
    const states = memoryStore();
    const result = await sync({
      reader: readerOfItems(
        rows('users', 3),
        streamState('users', 3),
        rows('users', 2),
        streamState('users', 5),
      ),
      writer: echo(taken),
      catalog: catalogOf('users'),
      connection,
      states,
    });
    expect(result).toEqual({
      connection: 'test',
      records: { read: 5, confirmed: 5, rejected: 0 },
      streams: {
        users: {
          read: 5,
          confirmed: 5,
          rejected: 0,
          bytes: expect.any(Number),
          status: 'complete',
          syncMode: 'incremental',
          destinationSyncMode: 'append',
        },
      },
      bytes: bytesOf(taken),
      durationMs: expect.any(Number),
      attempts: 1,
      states: 2,
      warnings: [],
    });
    expect(states.saved).toEqual([streamState('users', 5).state]);
  });

  it('hands on the very batches that it was given', async () => {
    const batch = rows('users', 3);
    const taken: FlowItem[] = [];
    await move({ items: [batch, streamState('users', 1)], taken });
    expect(taken[0]).toBe(batch);
  });

  it('starts the destination before the source', async () => {
    const order: string[] = [];
    await sync({
      reader: readerOf(async function* () {
        order.push('source');
        yield [rows('users', 1), streamState('users', 1)];
      }),
      writer: writerOf(async function* (input) {
        order.push('destination');
        for await (const items of input) yield items.filter(({ type }) => type === 'STATE');
      }),
      catalog: catalogOf('users'),
      connection,
    });
    expect(order).toEqual(['destination', 'source']);
  });

  it('numbers states, fills in missing counts, and changes nothing else in their lines', async () => {
    const taken: FlowItem[] = [];
    const line =
      '{"type": "STATE", "state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"n":1.0}}}}';
    const withLine = { ...streamState('users', { n: 1 }), line: Buffer.from(line) };
    await move({ items: [rows('users', 3), withLine], taken });
    const [state] = statesIn(taken);
    expect(Buffer.from(state?.line ?? []).toString()).toBe(
      `${line.slice(0, -2)},"id":1,"sourceStats":{"recordCount":3.0}}}`,
    );
    expect(state?.state).toMatchObject({ id: 1, sourceStats: { recordCount: 3 } });
  });

  it('leaves the count of the source, and warns once per stream when it differs', async () => {
    const taken: FlowItem[] = [];
    const counted = (count: number) => streamState('users', count, { sourceStats: { recordCount: count } });
    const result = await move({ items: [rows('users', 3), counted(9), rows('users', 1), counted(8)], taken });
    expect(statesIn(taken)[0]?.state.sourceStats).toEqual({ recordCount: 9 });
    expect(result.warnings).toEqual([
      {
        code: 'source_count_differs',
        stream: 'users',
        message: 'source-test counted 9 records of users for a state where 3 came',
      },
    ]);
  });

  it('replaces the counts of the source on request', async () => {
    const taken: FlowItem[] = [];
    const state = streamState('users', 1, { sourceStats: { recordCount: 9, more: 1 } });
    await move({ items: [rows('users', 3), state], taken, recountStates: true });
    expect(statesIn(taken)[0]?.state.sourceStats).toEqual({ recordCount: 3, more: 1 });
    expect(Buffer.from(statesIn(taken)[0]?.line ?? []).toString()).toContain('"recordCount":3.0');
  });

  it('forwards records and states only', async () => {
    const taken: FlowItem[] = [];
    const control: FlowItem = {
      type: 'CONTROL',
      control: { type: 'CONNECTOR_CONFIG', emitted_at: 1, connectorConfig: { config: {} } },
    };
    await move({
      items: [status('users', 'STARTED'), control, rows('users', 1), estimate(), streamState('users', 1)],
      taken,
    });
    expect(taken.map(({ type }) => type)).toEqual(['RECORDS', 'STATE', 'TRACE']);
  });

  it('tells the destination that every stream is complete, once the source has ended well', async () => {
    const taken: FlowItem[] = [];
    await move({
      items: [rows('users', 1), streamState('users', 1)],
      taken,
      catalog: {
        streams: [
          configured('users'),
          { ...configured('x'), stream: { name: 'x', namespace: 'crm', json_schema: {} } },
        ],
      },
    });
    expect(taken.filter(({ type }) => type === 'TRACE')).toEqual(
      [{ name: 'users' }, { name: 'x', namespace: 'crm' }].map((stream_descriptor) => ({
        type: 'TRACE',
        trace: {
          type: 'STREAM_STATUS',
          emitted_at: expect.any(Number),
          stream_status: { stream_descriptor, status: 'COMPLETE' },
        },
      })),
    );
  });

  it('stamps generations and the number of the sync on every stream, for both sides', async () => {
    const seen: ConfiguredCatalog[] = [];
    await sync({
      reader: readerOf(async function* (_states, _options, catalog) {
        seen.push(catalog);
        yield [];
      }),
      writer: writerOf(async function* (input, _options, catalog) {
        seen.push(catalog);
        for await (const items of input) yield items.filter(({ type }) => type === 'STATE');
      }),
      catalog: catalogOf('users', configured('all', 'full_refresh', 'overwrite')),
      connection,
      states: memoryStore(),
    });
    expect(seen).toHaveLength(2);
    for (const { streams } of seen) {
      expect(streams).toMatchObject([
        { generation_id: 1, minimum_generation_id: 0, sync_id: 1 },
        { generation_id: 1, minimum_generation_id: 1, sync_id: 1 },
      ]);
    }
  });

  it('lets generations grow without a store, by the clock', async () => {
    const before = Date.now();
    let catalog: ConfiguredCatalog | undefined;
    await sync({
      reader: readerOf(async function* (_states, _options, given) {
        catalog = given;
        yield [];
      }),
      writer: echo(),
      catalog: catalogOf(configured('all', 'full_refresh', 'overwrite')),
      connection,
    });
    const [stream] = catalog?.streams ?? [];
    expect(stream?.generation_id).toBeGreaterThanOrEqual(before);
    expect(stream?.minimum_generation_id).toBe(stream?.generation_id);
  });

  it('counts no state as saved where none is kept', async () => {
    const result = await move({ items: [rows('users', 1), streamState('users', 1)] });
    expect(result).toMatchObject({ states: 0, records: { confirmed: 1 } });
  });

  it('leaves saving to a writer that keeps states with its data', async () => {
    const states = memoryStore();
    const result = await sync({
      reader: readerOfItems(rows('users', 1), streamState('users', 1)),
      writer: { ...echo(), states },
      catalog: catalogOf('users'),
      connection,
      states: { open: () => expect.unreachable('the writer brings its own') },
    });
    expect(states.commits).toEqual([]);
    expect(result.states).toBe(1);
  });
});

function bytesOf(items: readonly FlowItem[]): number {
  return items.reduce((bytes, item) => bytes + (item.type === 'RECORDS' ? item.lines().length : 0), 0);
}
