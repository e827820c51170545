import { describe, expect, it } from 'vitest';
import { streamStatus } from '../../../src/connectors/authoring/announce.ts';
import {
  type DestinationDefinition,
  defineDestination,
  type TargetStream,
  type WriteRows,
} from '../../../src/connectors/authoring/define-destination.ts';
import { getDestination } from '../../../src/connectors/destination.ts';
import { records } from '../../../src/connectors/records.ts';
import { getSource } from '../../../src/connectors/source.ts';
import { CheckFailedError, ConnectorFailedError } from '../../../src/errors.ts';
import type { Flow, FlowItem } from '../../../src/protocol/flow.ts';
import type { Row, StateMessage } from '../../../src/protocol/messages.ts';
import { recordsOf } from '../../../src/protocol/record-batch.ts';
import { answering, thrownBy } from '../answering.ts';

const rows = (from: number, to: number): readonly Row[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ id: from + index }));

const batch = (stream: string, from: number, to: number): FlowItem =>
  recordsOf({ name: stream }, rows(from, to), 1);

const stateOf = (stream: string, id: number): StateMessage => ({
  type: 'STATE',
  state: { type: 'STREAM', id, stream: { stream_descriptor: { name: stream }, stream_state: { id } } },
});

const globalState = (id: number): StateMessage => ({
  type: 'STATE',
  state: { type: 'GLOBAL', id, global: { shared_state: {}, stream_states: [] } },
});

const streamOf = (name: string) => ({
  stream: { name, json_schema: { title: name } },
  sync_mode: 'full_refresh' as const,
  destination_sync_mode: 'append_dedup' as const,
  primary_key: [['id']],
  generation_id: 3,
});

/** What is written and confirmed, in order, for an input of these chunks. */
async function written(
  chunks: readonly (readonly FlowItem[])[] | Flow,
  {
    write = async () => {},
    ...definition
  }: Partial<DestinationDefinition> & { readonly write?: WriteRows } = {},
) {
  const order: unknown[] = [];
  const program = defineDestination({ name: 'mine', ...definition }, async (some, context) => {
    await write(some, context);
    order.push(`${context.stream.name} ${some.map(({ id }) => id).join(' ')}`);
  });
  const catalog = { streams: [streamOf('a'), streamOf('b')] };
  const options = { signal: new AbortController().signal, log: () => {} };
  const input = Symbol.asyncIterator in chunks ? chunks : flowOf(chunks);
  let error: unknown;
  try {
    for await (const items of program.write?.({}, catalog, input, options) ?? []) {
      for (const item of items) {
        if (item.type === 'STATE')
          order.push({ id: item.state['id'], rows: item.state.destinationStats?.recordCount });
      }
    }
  } catch (caught) {
    error = caught;
  }
  return { order, error };
}

async function* flowOf(chunks: readonly (readonly FlowItem[])[]): Flow {
  yield* chunks;
}

describe('a defined destination', () => {
  it('confirms what it wrote also where the function empties its list', async () => {
    let count = 0;
    const program = defineDestination({ name: 'mine', batchSize: 2 }, (some) => {
      const mutable = some as Row[];
      while (mutable.shift() !== undefined) count += 1;
    });
    const result = await getDestination(program).write(records('a', rows(1, 5)), { stateCache: false });
    expect(count).toBe(5);
    expect(result.records).toMatchObject({ read: 5, confirmed: 5 });
  });

  it('is given the rows of each stream in order, in batches that are full or the last', async () => {
    const { order } = await written([[batch('a', 1, 5), batch('b', 1, 1)], [batch('a', 6, 7)]], {
      batchSize: 3,
    });
    expect(order).toEqual(['a 1 2 3', 'a 4 5 6', 'b 1', 'a 7']);
  });

  it('confirms a state of a stream when that stream’s rows before it have been written', async () => {
    const input = [
      [batch('a', 1, 2), batch('b', 1, 1), stateOf('a', 1), batch('a', 3, 3)],
      [stateOf('b', 2), batch('b', 2, 3)],
    ];
    const { order } = await written(input, { batchSize: 3 });
    expect(order).toEqual(['a 1 2 3', { id: 1, rows: 2 }, 'b 1 2 3', { id: 2, rows: 1 }]);
  });

  it('confirms a state of the whole when the rows of all streams before it have been written', async () => {
    const { order } = await written(
      [[batch('a', 1, 3), batch('b', 1, 1), globalState(1)], [batch('b', 2, 2)]],
      { batchSize: 3 },
    );
    expect(order).toEqual(['a 1 2 3', 'b 1 2', { id: 1, rows: 4 }]);
  });

  it('confirms states in their order, each once', async () => {
    const { order } = await written([[stateOf('a', 1), batch('a', 1, 1), stateOf('a', 2), stateOf('a', 3)]]);
    expect(order).toEqual([{ id: 1, rows: 0 }, 'a 1', { id: 2, rows: 1 }, { id: 3, rows: 0 }]);
  });

  it('does not wait for a full batch while the input is silent', async () => {
    let release = () => {};
    async function* slow(): Flow {
      yield [batch('a', 1, 2), stateOf('a', 1)];
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
    const { order } = await written(slow(), { write: () => release() });
    expect(order).toEqual(['a 1 2', { id: 1, rows: 2 }]);
  });

  it('writes and confirms what came before its input failed, and passes the failure on', async () => {
    const failure = new Error('source died');
    async function* failing(): Flow {
      yield [batch('a', 1, 2), stateOf('a', 1)];
      throw failure;
    }
    expect(await written(failing())).toEqual({ order: ['a 1 2', { id: 1, rows: 2 }], error: failure });
  });

  it('confirms nothing of a batch that could not be written, and tries it no second time', async () => {
    let calls = 0;
    const write = () => {
      calls += 1;
      throw new Error('rejected');
    };
    const { order, error } = await written([[batch('a', 1, 2), stateOf('a', 1)]], { write });
    expect(order).toEqual([]);
    expect(error).toMatchObject({ message: 'rejected' });
    expect(calls).toBe(1);
  });

  it('is told of each stream that is complete, when all its rows have been written', async () => {
    const completed: string[] = [];
    const onComplete = (stream: TargetStream) => void completed.push(`${stream.name} ${stream.generation}`);
    const complete = (name: string) => streamStatus({ name }, 'COMPLETE');
    const write = (some: readonly Row[]) => void completed.push(`${some.length} rows`);
    const { order } = await written(
      [
        [batch('a', 1, 2), stateOf('a', 1)],
        [complete('a'), complete('b'), complete('strange')],
      ],
      { onComplete, write },
    );
    expect(completed).toEqual(['2 rows', 'a 3', 'b 3']);
    expect(order).toEqual(['a 1 2', { id: 1, rows: 2 }]);
  });

  it('that cannot complete a stream fails the write', async () => {
    const onComplete = () => {
      throw new Error('table is locked');
    };
    const destination = getDestination(defineDestination({ name: 'mine', onComplete }, () => {}));
    const writing = destination.write(records('a', [{ id: 1 }]), { stateCache: false });
    await expect(writing).rejects.toThrow('table is locked');
  });

  it('is told about the stream', async () => {
    const seen: unknown[] = [];
    await written([[batch('a', 1, 1)]], { write: (_, { stream, config }) => void seen.push(stream, config) });
    expect(seen).toEqual([
      {
        name: 'a',
        namespace: undefined,
        schema: { title: 'a' },
        primaryKey: [['id']],
        mode: 'append_dedup',
        generation: 3,
      },
      {},
    ]);
  });

  it('is given whole numbers of any size as they came from a process', async () => {
    const line =
      '{"type":"RECORD","record":{"stream":"users","data":{"id":9007199254740993,"x":1.5},"emitted_at":1}}';
    const seen: Row[] = [];
    const destination = getDestination(
      defineDestination({ name: 'mine' }, (some) => void seen.push(...some)),
    );
    await destination.write(getSource('x', {}, answering({ read: { lines: [line] } })), {
      stateCache: false,
    });
    expect(seen).toEqual([{ id: 9007199254740993n, x: 1.5 }]);
  });

  it('that throws fails the write, in its own words', async () => {
    const destination = getDestination(
      defineDestination({ name: 'mine' }, () => {
        throw new Error('quota used up');
      }),
    );
    const error = await thrownBy(() => destination.write(records('a', [{ id: 1 }]), { stateCache: false }));
    expect(error).toBeInstanceOf(ConnectorFailedError);
    expect(error).toMatchObject({ message: expect.stringContaining('quota used up') });
  });

  it('is checked by its own function', async () => {
    const check = () => {
      throw new Error('no such bucket');
    };
    await expect(
      getDestination(defineDestination({ name: 'mine', check }, () => {})).check(),
    ).rejects.toThrow(CheckFailedError);
    expect(await getDestination(defineDestination({ name: 'mine' }, () => {})).check()).toBeUndefined();
  });

  it('is no source', () => {
    expect(() => getSource(defineDestination({ name: 'mine' }, () => {}))).toThrow('mine is not a source');
  });
});
