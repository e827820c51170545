import { describe, expect, it } from 'vitest';
import { destinationDevNull } from '../../../src/connectors/destinations/dev-null.ts';
import { ConnectorFailedError, InputError } from '../../../src/errors.ts';
import type { Flow, FlowItem, RecordBatch } from '../../../src/protocol/flow.ts';
import type { StateMessage } from '../../../src/protocol/messages.ts';
import { recordsOf } from '../../../src/protocol/record-batch.ts';
import {
  collect,
  collectFailing,
  executionOptions,
  flowOf,
  stateOf,
  statesIn,
  write,
} from '../program-run.ts';

const catalog = { streams: [] };

describe('destination-dev-null', () => {
  it('is silent unless told otherwise, and confirms each state with its count of records', async () => {
    const input = [
      [rows('a', 3), rows('b', 1), stateOf('a', 1)],
      [rows('a', 2), stateOf('b', 1), stateOf('a', 2)],
      [{ type: 'STATE', state: { data: { any: 1 } } }],
    ] as const;
    for (const config of [{}, { test_destination: { test_destination_type: 'SILENT' } }]) {
      const options = executionOptions();
      const states = statesIn(await collect(run(config, input, options)));
      expect(states.map(({ state }) => state.destinationStats?.recordCount)).toEqual([3, 1, 2, 0]);
      expect(states.map(({ state }) => state.stream?.stream_descriptor.name)).toEqual([
        'a',
        'b',
        'a',
        undefined,
      ]);
      expect(options.entries).toEqual([]);
    }
  });

  it('counts the records of all streams for a state that speaks of all', async () => {
    const global: StateMessage = { type: 'STATE', state: { type: 'GLOBAL', global: { stream_states: [] } } };
    const states = statesIn(
      await collect(run({}, [[rows('a', 3), rows('b', 1), global, rows('b', 2), global]])),
    );
    expect(states.map(({ state }) => state.destinationStats?.recordCount)).toEqual([4, 2]);
  });

  it('never looks into records while it is silent', async () => {
    const refuse = () => {
      throw new Error('looked at');
    };
    const sealed: RecordBatch = {
      ...rows('a', 5),
      tally: refuse,
      lines: refuse,
      split: refuse,
      records: refuse,
    };
    expect(statesIn(await collect(run({}, [[sealed, stateOf('a', 1)]])))).toHaveLength(1);
  });

  it('logs the first records of each stream', async () => {
    const logged = await logOf({ logging_type: 'FirstN', max_entry_count: 2 });
    expect(logged).toEqual(['a 1: {"id":1}', 'a 2: {"id":2}', 'b 1: {"id":1}', 'b 2: {"id":2}']);
  });

  it('logs every n-th record of each stream, to a limit', async () => {
    const logged = await logOf({ logging_type: 'EveryNth', nth_entry_to_log: 3, max_entry_count: 2 });
    expect(logged).toEqual(['a 3: {"id":3}', 'a 6: {"id":6}', 'b 3: {"id":3}', 'b 6: {"id":6}']);
  });

  it('logs the same random sample for the same seed', async () => {
    const config = { logging_type: 'RandomSampling', sampling_ratio: 0.5, max_entry_count: 100, seed: 3 };
    const logged = await logOf(config);
    expect(logged.length).toBeGreaterThan(3);
    expect(logged.length).toBeLessThan(17);
    expect(await logOf(config)).toEqual(logged);
    expect(await logOf({ ...config, sampling_ratio: 1 })).toHaveLength(20);
    expect(await logOf({ ...config, sampling_ratio: 0 })).toEqual([]);
  });

  it('fails at the record after those it was told to take, with the states before them confirmed', async () => {
    const failing = { test_destination: { test_destination_type: 'FAILING', num_messages: 5 } };
    const input = [
      [rows('a', 3), stateOf('a', 1), rows('a', 2), stateOf('a', 2), rows('a', 1), stateOf('a', 3)],
    ];
    const { items, error } = await collectFailing(run(failing, input));
    expect(statesIn(items)).toHaveLength(2);
    expect(error).toBeInstanceOf(ConnectorFailedError);
    expect(error).toMatchObject({
      message: 'destination-dev-null: failed after 5 records, as it was told to',
    });
    await expect(collect(run(failing, [[rows('a', 5)]]))).resolves.toEqual([]);
  });

  it('pauses for each record, and takes no more input meanwhile', async () => {
    const throttled = { test_destination: { test_destination_type: 'THROTTLED', millis_per_record: 5 } };
    const times: number[] = [];
    async function* timed(): Flow {
      for (let i = 0; i < 3; i += 1) {
        times.push(performance.now());
        yield [rows('a', 4)];
      }
    }
    await collect(write(destinationDevNull, throttled, { catalog, input: timed() }));
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(15);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThan(15);
  });

  it('stops a long pause when its signal aborts', async () => {
    const throttled = {
      test_destination: { test_destination_type: 'THROTTLED', millis_per_record: 3_600_000 },
    };
    const abort = new AbortController();
    const reason = new Error('enough');
    setImmediate(() => abort.abort(reason));
    const failed = await collectFailing(run(throttled, [[rows('a', 1)]], executionOptions(abort.signal)));
    expect(failed.error).toBe(reason);
  });

  it('passes on what its input failed with', async () => {
    const failure = new Error('the source is gone');
    async function* failing(): Flow {
      yield [rows('a', 1), stateOf('a', 1)];
      throw failure;
    }
    const { items, error } = await collectFailing(
      write(destinationDevNull, {}, { catalog, input: failing() }),
    );
    expect(error).toBe(failure);
    expect(statesIn(items)).toHaveLength(1);
  });

  it('refuses a config that it does not understand', async () => {
    for (const test_destination of [
      { test_destination_type: 'LOUD' },
      { test_destination_type: 'FAILING' },
    ]) {
      await expect(destinationDevNull.check({ test_destination }, executionOptions())).rejects.toThrow(
        InputError,
      );
    }
  });
});

function rows(name: string, count: number): RecordBatch {
  return recordsOf(
    { name },
    Array.from({ length: count }, (_, index) => ({ id: index + 1 })),
    1,
  );
}

function run(
  config: Readonly<Record<string, unknown>>,
  input: readonly (readonly FlowItem[])[],
  options = executionOptions(),
): Flow {
  return write(destinationDevNull, config, { catalog, input: flowOf(...input), options });
}

async function logOf(logging_config: unknown): Promise<readonly string[]> {
  const options = executionOptions();
  const config = { test_destination: { test_destination_type: 'LOGGING', logging_config } };
  await collect(run(config, [[rows('a', 10), rows('b', 10)]], options));
  return options.entries.map(({ message }) => message);
}
