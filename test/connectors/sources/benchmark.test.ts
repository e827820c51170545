import { describe, expect, it } from 'vitest';
import { parseCount, sourceBenchmark } from '../../../src/connectors/sources/benchmark.ts';
import { InputError } from '../../../src/errors.ts';
import type { FlowItem } from '../../../src/protocol/flow.ts';
import type { StateMessage } from '../../../src/protocol/messages.ts';
import { collect, configured, read, rowsIn, statesIn } from '../program-run.ts';

describe('source-benchmark', () => {
  it('sends as many records as asked for, each of five texts and with its time', async () => {
    const items = await run(12_345);
    const rows = rowsIn(items)['stream1'] ?? [];
    expect(rows).toHaveLength(12_345);
    expect(Object.values(rows.at(-1) ?? {}).map((value) => typeof value)).toEqual(Array(5).fill('string'));
    const first = items.find((item) => item.type === 'RECORDS');
    expect(first?.records()[0]?.record.emitted_at).toBeGreaterThan(1e12);
  });

  it('sends a state after every 10,000 records and at the end', async () => {
    const counts = statesIn(await run(25_000)).map(({ state }) => state.sourceStats?.recordCount);
    expect(counts).toEqual([10_000, 10_000, 5000]);
    expect(statesIn(await run(0))).toHaveLength(1);
  });

  it('goes on after a state, and begins again after the last', async () => {
    const states = statesIn(await run(25_000));
    expect(rowsIn(await run(25_000, states.slice(0, 2)))['stream1']).toHaveLength(5000);
    expect(rowsIn(await run(25_000, states))['stream1']).toHaveLength(25_000);
  });
});

describe('a number of records', () => {
  it.each([
    [5, 5],
    ['500000', 500_000],
    ['5e5', 500_000],
    ['2.4e6', 2_400_000],
    ['1_000', 1000],
    [' 1E3 ', 1000],
    ['0', 0],
  ])('may be written as %j', (text, count) => {
    expect(parseCount(text)).toBe(count);
  });

  it.each(['', 'many', '1.5', '-1', '1e400', '1__0', '_1', 'NaN', '0x10', -1, 1.5, Number.NaN])(
    'is not %j',
    (text) => {
      expect(() => parseCount(text)).toThrow(InputError);
      expect(() => parseCount(text)).toThrow('is not a number of records');
    },
  );
});

async function run(num_records: number, states: readonly StateMessage[] = []): Promise<readonly FlowItem[]> {
  const catalog = await configured(sourceBenchmark, {}, { sync_mode: 'full_refresh' });
  return collect(read(sourceBenchmark, { num_records }, { catalog, states }));
}
