import { describe, expect, it } from 'vitest';
import { defineSource } from '../../../src/connectors/authoring/define-source.ts';
import { getSource } from '../../../src/connectors/source.ts';
import {
  CheckFailedError,
  ConfigInvalidError,
  ConnectorFailedError,
  StreamUnknownError,
} from '../../../src/errors.ts';
import { streamLabel } from '../../../src/protocol/catalog.ts';
import { gathered } from '../answering.ts';
import { sourceOf } from './reading.ts';

describe('a defined source', () => {
  it('has its rows read by name', async () => {
    const program = sourceOf({
      *read() {
        yield { id: 1 };
        yield { id: 2 };
      },
    });
    expect(await gathered(getSource(program).getRecords('a'))).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await getSource(sourceOf({}, { version: '1.2.3' })).connectorVersion()).toBe('1.2.3');
  });

  it('tells its streams as they were declared', async () => {
    const program = sourceOf({
      namespace: 'shop',
      schema: { properties: { id: { type: 'integer' } } },
      primaryKey: ['id', ['address', 'city']],
      cursor: 'at',
    });
    expect(await getSource(program).discover()).toEqual({
      streams: [
        {
          name: 'a',
          namespace: 'shop',
          json_schema: { type: 'object', properties: { id: { type: 'integer' } } },
          supported_sync_modes: ['full_refresh', 'incremental'],
          source_defined_cursor: true,
          default_cursor_field: ['at'],
          source_defined_primary_key: [['id'], ['address', 'city']],
        },
      ],
    });
    const plain = await getSource(sourceOf({ primaryKey: 'id' })).discover();
    expect(plain.streams[0]).toMatchObject({
      supported_sync_modes: ['full_refresh'],
      source_defined_primary_key: [['id']],
    });
  });

  it('may find its streams out from its config', async () => {
    const program = defineSource({
      name: 'mine',
      config: { type: 'object', required: ['tables'], properties: { tables: { type: 'array' } } },
      streams: async ({ tables }) =>
        [tables].flat().map((name) => ({ name: String(name), read: () => [{ name }] })),
    });
    const source = getSource(program, { tables: ['a', 'b'] });
    expect((await source.discover()).streams.map(streamLabel)).toEqual(['a', 'b']);
    expect(await gathered(source.getRecords('b'))).toEqual([{ name: 'b' }]);
    await expect(getSource(program).check()).rejects.toThrow(ConfigInvalidError);
  });

  it('that no longer has a stream which is to be read says so, and reads nothing', async () => {
    const named = (name: string) => ({ name, read: () => [{ name }] });
    const streams = [named('a'), named('b')];
    const source = getSource(defineSource({ name: 'mine', streams: () => streams }));
    await source.discover();
    streams.pop();
    const reading = gathered(source.getRecords('b'));
    await expect(reading).rejects.toThrow(StreamUnknownError);
    await expect(reading).rejects.toThrow('mine has no stream "b" any more');
  });

  it('is checked by its own function, or by finding out its streams', async () => {
    const broken = () => {
      throw new Error('no such host');
    };
    await expect(getSource(sourceOf({}, { check: broken })).check()).rejects.toThrow(CheckFailedError);
    await expect(getSource(sourceOf({}, { streams: broken })).check()).rejects.toThrow(
      'check failed: no such host',
    );
    expect(await getSource(sourceOf({})).check()).toBeUndefined();
  });

  it('that throws is a connector that failed, after the rows before', async () => {
    const program = sourceOf({
      *read() {
        yield { id: 1 };
        throw new Error('page 2 is gone');
      },
    });
    const rows: unknown[] = [];
    const reading = (async () => {
      for await (const row of getSource(program).getRecords('a')) rows.push(row);
    })();
    await expect(reading).rejects.toThrow(ConnectorFailedError);
    await expect(reading).rejects.toThrow('page 2 is gone');
    expect(rows).toEqual([{ id: 1 }]);
  });

  it('is told to stop by its signal, and cleans up', async () => {
    let cleaned = false;
    const program = sourceOf({
      async *read({ signal }) {
        try {
          for (let id = 1; ; id += 1) {
            signal.throwIfAborted();
            yield { id };
          }
        } finally {
          cleaned = true;
        }
      },
    });
    for await (const { id } of getSource(program).getRecords('a')) if (id === 5) break;
    await new Promise(setImmediate);
    expect(cleaned).toBe(true);
  });

  it('hands on rows while it waits for more', async () => {
    const { promise, resolve } = deferred();
    const program = sourceOf({
      async *read() {
        yield { id: 1 };
        await promise;
        yield { id: 2 };
      },
    });
    const rows = getSource(program).getRecords('a');
    expect((await rows.next()).value).toEqual({ id: 1 });
    resolve();
    expect((await rows.next()).value).toEqual({ id: 2 });
    await rows.return();
  });
});

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
