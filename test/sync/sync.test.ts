import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateFolder } from '../../src/caches/state-folder.ts';
import type { ConnectionId, FlowItem } from '../../src/protocol/flow.ts';
import { sync } from '../../src/sync/sync.ts';
import { catalogOf, echo, readerOf, readerOfItems, rows, streamState } from './ends.ts';

const connection = 'a → b' as ConnectionId;

describe('sync', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sync-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('moves records and keeps what was confirmed', async () => {
    const taken: FlowItem[] = [];
    const states = new StateFolder({ folder });
    const result = await sync({
      reader: readerOfItems(
        rows('users', 3),
        streamState('users', { at: 3 }),
        rows('users', 2),
        streamState('users', { at: 5 }),
      ),
      writer: echo(taken),
      catalog: catalogOf('users'),
      connection,
      states,
    });
    expect(result).toMatchObject({
      connection,
      records: { read: 5, confirmed: 5, rejected: 0 },
      states: 2,
      warnings: [],
      streams: { users: { read: 5, confirmed: 5, status: 'complete' } },
    });
    expect(taken.map(({ type }) => type)).toEqual(['RECORDS', 'STATE', 'RECORDS', 'STATE', 'TRACE']);
    expect(await readdir(folder)).toEqual(['a → b.json']);
    let offered: unknown;
    await sync({
      reader: readerOf(async function* (states) {
        offered = states;
      }),
      writer: echo(),
      catalog: catalogOf('users'),
      connection,
      states,
    });
    expect(offered).toMatchObject([{ type: 'STATE', state: { stream: { stream_state: { at: 5 } } } }]);
  });
});
