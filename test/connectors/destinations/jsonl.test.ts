import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { destinationJsonl } from '../../../src/connectors/destinations/jsonl.ts';
import { InputError, ProtocolError, StorageError } from '../../../src/errors.ts';
import { takeLock } from '../../../src/executors/file-lock.ts';
import type { ConfiguredCatalog, ConfiguredStream } from '../../../src/protocol/catalog.ts';
import type { Flow, FlowItem, RecordBatch } from '../../../src/protocol/flow.ts';
import { LineReader } from '../../../src/protocol/lines.ts';
import { recordsOf } from '../../../src/protocol/record-batch.ts';
import {
  collect,
  collectFailing,
  complete,
  executionOptions,
  flowOf,
  stateOf,
  statesIn,
  write,
} from '../program-run.ts';

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'sluice-jsonl-')), 'out');
});
afterEach(() => rm(join(path, '..'), { recursive: true, force: true }));

describe('destination-jsonl', () => {
  it('writes a file per stream, a row a line, and confirms states with their counts', async () => {
    const states = statesIn(
      await run([
        [rows('users', 1, 2), rows('orders', 7), stateOf('users', 1)],
        [rows('users', 3), stateOf('users', 2)],
      ]),
    );
    expect(await file('users.jsonl')).toBe('{"id":1}\n{"id":2}\n{"id":3}\n');
    expect(await file('orders.jsonl')).toBe('{"id":7}\n');
    expect(states.map(({ state }) => state.destinationStats?.recordCount)).toEqual([2, 1]);
    expect(await readdir(path)).toEqual(['orders.jsonl', 'users.jsonl']);
  });

  it('writes the bytes of the data as they came', async () => {
    const data = '{"b": 1.0, "a":123456789012345678901234567890,"é":"\\u00e9"}';
    const line = `{"type":"RECORD","record":{"stream":"users","data":${data},"emitted_at":1}}\r\n`;
    const batch = batchOf(line);
    await run([[batch]]);
    expect(await file('users.jsonl')).toBe(`${data}\n`);
  });

  it('writes whole messages where they are asked for', async () => {
    await run([[rows('users', 1)]], { config: { path, contents: 'message' } });
    expect(JSON.parse(await file('users.jsonl'))).toEqual({
      type: 'RECORD',
      record: { stream: 'users', data: { id: 1 }, emitted_at: 1 },
    });
  });

  it('appends to what is there', async () => {
    await run([[rows('users', 1)]]);
    await run([[rows('users', 2)]]);
    expect(await file('users.jsonl')).toBe('{"id":1}\n{"id":2}\n');
  });

  it("has written a state's records when it yields the state, also while the source is silent", async () => {
    let resume = () => {};
    async function* halting(): Flow {
      yield [rows('users', 1), stateOf('users', 1)];
      await new Promise<void>((resolve) => {
        resume = resolve;
      });
      yield [rows('users', 2)];
    }
    for await (const items of write(
      destinationJsonl,
      { path },
      { catalog: catalogOf({}), input: halting() },
    )) {
      expect(statesIn(items)).toHaveLength(1);
      expect(await file('users.jsonl')).toBe('{"id":1}\n');
      resume();
    }
    expect(await file('users.jsonl')).toBe('{"id":1}\n{"id":2}\n');
  });

  it('keeps what came before its input failed, confirms it, and fails with the same error', async () => {
    const failure = new Error('the source is gone');
    async function* failing(): Flow {
      yield [rows('users', 1), stateOf('users', 1), rows('users', 2)];
      throw failure;
    }
    const { items, error } = await collectFailing(
      write(destinationJsonl, { path }, { catalog: catalogOf({}), input: failing() }),
    );
    expect(error).toBe(failure);
    expect(statesIn(items)).toHaveLength(1);
    expect(await file('users.jsonl')).toBe('{"id":1}\n{"id":2}\n');
  });

  it('stays bounded with a thousand streams', async () => {
    const names = Array.from({ length: 1000 }, (_, index) => `stream_${index}`);
    const catalog = { streams: names.map((name) => configuredStream(name, {})) };
    const input = flowOf(...names.map((name) => [rows(name, 1), rows(name, 2)]), [stateOf('stream_0', 1)]);
    await collect(write(destinationJsonl, { path }, { catalog, input }));
    expect(await readdir(path)).toHaveLength(1000);
    expect(await file('stream_999.jsonl')).toBe('{"id":1}\n{"id":2}\n');
  });
});

describe('a stream that starts anew', () => {
  const anew = (generation_id: number) => ({ generation_id, minimum_generation_id: generation_id });

  it('takes the place of the old file when it is complete', async () => {
    await run([[rows('users', 1)]]);
    await run([[rows('users', 2), stateOf('users', 1)], [complete('users')]], { how: anew(1) });
    expect(await file('users.jsonl')).toBe('{"id":2}\n');
    expect(await readdir(path)).toEqual(['users.jsonl']);
  });

  it('leaves nothing of the old file also where it has no records', async () => {
    await run([[rows('users', 1)]]);
    await run([[complete('users'), complete('orders')]], { how: anew(1) });
    expect(await file('users.jsonl')).toBe('');
  });

  it('leaves the old file whole until then', async () => {
    await run([[rows('users', 1)]]);
    await run([[rows('users', 2), stateOf('users', 1)]], { how: anew(1) });
    expect(await file('users.jsonl')).toBe('{"id":1}\n');
    expect(await file('users.jsonl.1.partial')).toBe('{"id":2}\n');
  });

  it('holds no line of a run that was given up, not even of one of the same generation', async () => {
    await run([[rows('users', 1)]], { how: anew(1) });
    await run([[rows('users', 2)]], { how: anew(2) });
    await run([[rows('users', 3)], [complete('users')]], { how: anew(2) });
    expect(await file('users.jsonl')).toBe('{"id":3}\n');
    expect(await readdir(path)).toEqual(['users.jsonl']);
  });

  it('that was given up leaves nothing behind once lines are appended again, and costs no other stream a line', async () => {
    await run([[rows('users', 1)], [rows('orders', 1)]]);
    await run([[rows('users', 2)], [rows('orders', 2)]], { how: anew(1) });
    await run([[rows('users', 3)]], { how: { destination_sync_mode: 'overwrite' } });
    await run([[rows('users', 4)]]);
    expect(await readdir(path)).toEqual(['orders.jsonl', 'orders.jsonl.1.partial', 'users.jsonl']);
    expect(await file('users.jsonl')).toBe('{"id":1}\n{"id":4}\n');
  });

  it('is told from one that is appended by its generation, not by its mode', async () => {
    await run([[rows('users', 1)]]);
    await run([[rows('users', 2)], [complete('users')]], {
      how: { generation_id: 3, minimum_generation_id: 0, destination_sync_mode: 'overwrite' },
    });
    expect(await file('users.jsonl')).toBe('{"id":1}\n{"id":2}\n');
  });

  it('is told by its mode where there are no generations', async () => {
    await run([[rows('users', 1)]]);
    await run([[rows('users', 2)]], { how: { destination_sync_mode: 'overwrite' } });
    await run([[rows('users', 3)], [complete('users')]], { how: { destination_sync_mode: 'overwrite' } });
    expect(await file('users.jsonl')).toBe('{"id":3}\n');
  });
});

describe('what a crash leaves behind', () => {
  it('is mended wherever the last line was torn', async () => {
    const whole = '{"id":1}\n{"id":"é"}\n';
    const bytes = Buffer.from(whole);
    await mkdir(path, { recursive: true });
    for (let length = 0; length <= bytes.length; length += 1) {
      await writeFile(join(path, 'users.jsonl'), bytes.subarray(0, length));
      await run([[rows('users', 9)]]);
      const lines = (await file('users.jsonl')).split('\n');
      expect(lines.at(-1)).toBe('');
      expect(lines.at(-2)).toBe('{"id":9}');
      expect(whole.startsWith(lines.slice(0, -2).join('\n'))).toBe(true);
    }
  });

  it('is said in the log, and never costs a line that is whole', async () => {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'users.jsonl'), `{"id":1}\n{"text":"${'x'.repeat(200_000)}`);
    const options = executionOptions();
    await run([[rows('users', 2)]], { options });
    expect(await file('users.jsonl')).toBe('{"id":1}\n{"id":2}\n');
    expect(options.entries.map(({ level }) => level)).toEqual(['WARN']);
    await writeFile(join(path, 'users.jsonl'), '{"id":1}');
    await run([[rows('users', 2)]]);
    expect(await file('users.jsonl')).toBe('{"id":1}\n{"id":2}\n');
  });
});

describe('what cannot be written', () => {
  it('is refused where the path is a file or leads through one', async () => {
    await writeFile(path, '');
    for (const taken of [path, join(path, 'deeper')]) {
      const { error } = await collectFailing(flowing([[rows('users', 1)]], { config: { path: taken } }));
      expect(error).toBeInstanceOf(StorageError);
      const answer = await destinationJsonl.check({ path: taken }, executionOptions());
      expect(answer).toMatchObject({
        status: 'FAILED',
        message: expect.stringContaining('file, not a folder'),
      });
    }
  });

  it('confirms no state whose records it could not write', async () => {
    await mkdir(join(path, 'users.jsonl'), { recursive: true });
    const { items, error } = await collectFailing(flowing([[rows('users', 1), stateOf('users', 1)]]));
    expect(error).toBeInstanceOf(StorageError);
    expect(statesIn(items)).toEqual([]);
  });

  it('is a file that another run writes: the error says who', async () => {
    await mkdir(path);
    const lock = await takeLock(join(path, 'users.jsonl.lock'));
    if ('holder' in lock) throw new Error('somebody else holds it');
    const { error } = await collectFailing(flowing([[rows('users', 1)]]));
    await lock[Symbol.asyncDispose]();
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({
      message: expect.stringContaining(`being written by process ${process.pid}`),
    });
    await run([[rows('users', 1)]]);
    expect(await readdir(path)).toEqual(['users.jsonl']);
  });

  it('is a stream outside the catalog', async () => {
    const { error } = await collectFailing(flowing([[rows('strangers', 1)]]));
    expect(error).toBeInstanceOf(ProtocolError);
  });

  it('is told by check, which leaves nothing behind', async () => {
    expect(await destinationJsonl.check({ path }, executionOptions())).toEqual({ status: 'SUCCEEDED' });
    expect(await readdir(path)).toEqual([]);
    await expect(destinationJsonl.check({}, executionOptions())).rejects.toThrow(InputError);
  });
});

interface Run {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly how?: Partial<ConfiguredStream>;
  readonly options?: ReturnType<typeof executionOptions>;
}

function flowing(
  input: readonly (readonly FlowItem[])[],
  { config = { path }, how = {}, options }: Run = {},
): Flow {
  return write(destinationJsonl, config, {
    catalog: catalogOf(how),
    input: flowOf(...input),
    ...(options === undefined ? {} : { options }),
  });
}

function run(input: readonly (readonly FlowItem[])[], how: Run = {}): Promise<readonly FlowItem[]> {
  return collect(flowing(input, how));
}

function catalogOf(how: Partial<ConfiguredStream>): ConfiguredCatalog {
  return { streams: [configuredStream('users', how), configuredStream('orders', how)] };
}

function configuredStream(name: string, how: Partial<ConfiguredStream>): ConfiguredStream {
  return {
    stream: { name, json_schema: {} },
    sync_mode: 'full_refresh',
    destination_sync_mode: 'append',
    ...how,
  };
}

function rows(name: string, ...ids: readonly number[]): RecordBatch {
  return recordsOf(
    { name },
    ids.map((id) => ({ id })),
    1,
  );
}

function batchOf(line: string): FlowItem {
  const reader = new LineReader({ connector: 'source-x', log: () => {} });
  const [batch] = [...reader.push(Buffer.from(line)), ...reader.end()];
  if (batch === undefined) throw new Error('no record');
  return batch;
}

function file(name: string): Promise<string> {
  return readFile(join(path, name), 'utf8');
}
