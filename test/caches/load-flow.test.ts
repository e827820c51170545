import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGathering } from '../../src/caches/gathering.ts';
import { type FlushPolicy, loadFlow, type Portion } from '../../src/caches/load-flow.ts';
import { type StreamKey, streamKey } from '../../src/protocol/catalog.ts';
import type { Flow, FlowItem } from '../../src/protocol/flow.ts';
import type { StateMessage, TraceMessage } from '../../src/protocol/messages.ts';
import { lineBatch, recordsOf } from '../../src/protocol/record-batch.ts';
import { encodeRows } from '../../src/sql/encode-rows.ts';

const users = streamKey({ name: 'users' });

const encoder = encodeRows(
  {
    schema: 'main',
    name: 'users',
    columns: [{ field: 'id', name: 'id', type: 'integer' }],
    primaryKey: [],
    cursor: undefined,
  },
  { syncId: 1, dialect: { holdsNul: true } },
);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-flow-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function state(position: number): StateMessage {
  const stream = { stream_descriptor: { name: 'users' }, stream_state: { position } };
  return { type: 'STATE', state: { type: 'STREAM', stream, data: undefined } };
}

const complete: TraceMessage = {
  type: 'TRACE',
  trace: {
    type: 'STREAM_STATUS',
    stream_status: { stream_descriptor: { name: 'users' }, status: 'COMPLETE' },
  },
};

function ids(...values: readonly number[]): FlowItem {
  return recordsOf(
    { name: 'users' },
    values.map((id) => ({ id })),
    1,
  );
}

interface Committed {
  readonly ids: readonly number[];
  readonly positions: readonly unknown[];
  readonly completed: readonly StreamKey[];
}

/** Runs a load, and tells what was committed and what was answered. */
async function run(
  input: Flow,
  {
    policy = { bytes: 1, ms: 60_000 },
    replaced = [],
    signal = new AbortController().signal,
    commit = async () => {},
  }: {
    readonly policy?: FlushPolicy;
    readonly replaced?: readonly StreamKey[];
    readonly signal?: AbortSignal;
    readonly commit?: (portion: Portion) => Promise<void>;
  } = {},
) {
  const commits: Committed[] = [];
  const answered: unknown[] = [];
  let error: unknown;
  const flow = loadFlow(input, {
    gathering: openGathering({ folder, encoderOf: () => encoder }),
    replaced: new Set(replaced),
    signal,
    policy,
    async commit(portion) {
      await commit(portion);
      const files = portion.gathered.flatMap((one) => one.files);
      const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
      const lines = texts.flatMap((text) => text.trim().split('\n'));
      commits.push({
        ids: lines.map((line) => Number.parseInt(line, 10)),
        positions: portion.states.map(positionOf),
        completed: [...portion.completed],
      });
    },
  });
  try {
    for await (const items of flow) for (const item of items) answered.push(positionOf(item));
  } catch (thrown) {
    error = thrown;
  }
  return { commits, answered, error };
}

function positionOf(item: FlowItem): unknown {
  const content = item.type === 'STATE' ? item.state.stream?.stream_state : undefined;
  return content instanceof Object && 'position' in content ? content.position : undefined;
}

async function* flowOf(...chunks: readonly (readonly FlowItem[])[]): Flow {
  yield* chunks;
}

async function* failing(error: Error, ...chunks: readonly (readonly FlowItem[])[]): Flow {
  yield* chunks;
  throw error;
}

describe('a load into a cache', () => {
  it('commits records with the state that covers them, as soon as there are enough', async () => {
    const { commits, answered } = await run(flowOf([ids(1, 2), state(2)], [ids(3), state(3)], [complete]));
    expect(commits.flatMap((one) => one.ids)).toEqual([1, 2, 3]);
    expect(commits.flatMap((one) => one.positions)).toEqual([2, 3]);
    expect(commits[0]).toMatchObject({ ids: [1, 2], positions: [2] });
    expect(answered).toEqual([2, 3]);
  });

  it('commits its first records sooner than later ones, because the engine has nothing to do yet', async () => {
    const rowBytes = encoder.encode(recordsOf({ name: 'users' }, [{ id: 1 }], 1).lines()).bytes.length;
    const { commits } = await run(
      flowOf([ids(1), state(1)], [ids(2), state(2)], [ids(3), state(3)], [complete]),
      { policy: { bytes: 8 * rowBytes, ms: 60_000 } },
    );
    expect(commits.map((one) => one.ids)).toEqual([[1], [2, 3]]);
  });

  it('commits all in one where little comes', async () => {
    const { commits } = await run(flowOf([ids(1), state(1)], [ids(2), state(2), complete]), {
      policy: { bytes: 1_000_000, ms: 60_000 },
    });
    expect(commits).toEqual([{ ids: [1, 2], positions: [1, 2], completed: [users] }]);
  });

  it('commits what no state speaks for once the stream is complete', async () => {
    const { commits } = await run(flowOf([ids(1, 2)], [complete]));
    expect(commits).toEqual([{ ids: [1, 2], positions: [], completed: [users] }]);
  });

  it('commits what has waited long enough while the source says nothing', async () => {
    let goOn = () => {};
    const committed = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    async function* slow(): Flow {
      yield [ids(1), state(1)];
      await committed;
      yield [complete];
    }
    const { commits } = await run(slow(), {
      policy: { bytes: 1_000_000, ms: 5 },
      commit: async () => goOn(),
    });
    expect(commits[0]).toEqual({ ids: [1], positions: [1], completed: [] });
  });

  it('keeps what states cover when the input fails, leaves the rest, and throws the same error', async () => {
    const broken = new Error('broken');
    const { commits, answered, error } = await run(failing(broken, [ids(1), state(1)], [ids(2)]), {
      policy: { bytes: 1_000_000, ms: 60_000 },
    });
    expect(commits).toEqual([{ ids: [1], positions: [1], completed: [] }]);
    expect(answered).toEqual([1]);
    expect(error).toBe(broken);
  });

  it('keeps what states cover when a record is no JSON', async () => {
    const broken = lineBatch(
      Buffer.from('{"type":"RECORD","record":{"stream":"users","data":{"id":NaN},"emitted_at":1}}\n'),
      [{ stream: users, count: 1, bytes: 0 }],
      () => users,
    );
    const { commits, answered, error } = await run(flowOf([ids(1), state(1)], [ids(2), broken, state(2)]), {
      policy: { bytes: 1_000_000, ms: 60_000 },
    });
    expect(commits).toEqual([{ ids: [1], positions: [1], completed: [] }]);
    expect(answered).toEqual([1]);
    expect(error).toMatchObject({ code: 'protocol_violated' });
  });

  it('leaves uncommitted what waits when it is aborted', async () => {
    const controller = new AbortController();
    async function* aborted(): Flow {
      yield [ids(1), state(1)];
      controller.abort(new Error('stop'));
      throw controller.signal.reason;
    }
    const { commits, answered, error } = await run(aborted(), {
      policy: { bytes: 1_000_000, ms: 60_000 },
      signal: controller.signal,
    });
    expect({ commits, answered, error }).toEqual({
      commits: [],
      answered: [],
      error: controller.signal.reason,
    });
  });

  it('answers no state of a stream that is replaced before it is complete', async () => {
    const { commits, answered } = await run(
      flowOf([ids(1), state(1)], [ids(2), state(2)], [ids(3), state(3), complete]),
      { replaced: [users] },
    );
    expect(commits.slice(0, -1).flatMap((one) => one.positions)).toEqual([]);
    expect(commits.at(-1)).toMatchObject({ positions: [1, 2, 3], completed: [users] });
    expect(answered).toEqual([1, 2, 3]);
    const cut = await run(failing(new Error('broken'), [ids(1), state(1)]), { replaced: [users] });
    expect(cut.answered).toEqual([]);
  });

  it('ends with the error of a commit that fails, and answers nothing of it', async () => {
    const full = new Error('disk full');
    const { answered, error } = await run(flowOf([ids(1), state(1)], [ids(2), state(2)], [complete]), {
      commit: async () => {
        throw full;
      },
    });
    expect(answered).toEqual([]);
    expect(error).toBe(full);
  });
});
