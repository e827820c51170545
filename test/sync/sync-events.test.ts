import { describe, expect, it } from 'vitest';
import type { SyncEvent } from '../../src/protocol/events.ts';
import { sync } from '../../src/sync/sync.ts';
import { catalogOf, connection, echo, estimate, move, readerOf, rows, status, streamState } from './ends.ts';
import { memoryStore } from './memory-store.ts';

describe('events', () => {
  it('tell the course of a sync in order', async () => {
    const events: SyncEvent[] = [];
    await move({
      items: [
        status('users', 'STARTED'),
        estimate(),
        rows('users', 1),
        streamState('users', 1),
        status('users', 'COMPLETE'),
      ],
      states: memoryStore(),
      warnings: [{ code: 'sync_mode_adjusted', message: 'noticed before' }],
      onEvent: (event) => events.push(event),
    });
    expect(events.map(({ type }) => type)).toEqual([
      'started',
      'warning',
      'stream_status',
      'estimate',
      'state_saved',
      'stream_status',
      'progress',
      'finished',
    ]);
    expect(events[0]).toEqual({
      type: 'started',
      connection: 'test',
      syncId: 1,
      source: 'source-test',
      destination: 'destination-test',
      streams: ['users'],
    });
    expect(events[3]).toEqual({ type: 'estimate', stream: 'users', records: 10, bytes: 1000 });
    expect(events[4]).toEqual({ type: 'state_saved', states: 1, streams: ['users'] });
  });

  it('carry what both sides log, and warn of what a log entry warns of', async () => {
    const events: SyncEvent[] = [];
    const result = await sync({
      reader: readerOf(async function* (_, { log }) {
        log({ level: 'INFO', message: 'hello', connector: 'source-test' });
        for (const message of ['odd', 'odder']) {
          log({ level: 'WARN', message, connector: 'source-test', code: 'line_not_understood' });
        }
        yield [];
      }),
      writer: echo(),
      catalog: catalogOf('users'),
      connection,
      onEvent: (event) => events.push(event),
    });
    expect(events.filter(({ type }) => type === 'log')).toHaveLength(3);
    expect(result.warnings).toEqual([{ code: 'line_not_understood', message: 'source-test: odd' }]);
  });
});
