import { describe, expect, it } from 'vitest';
import { smokeSourceName } from '../../../src/connectors/smoke/scenario-source.ts';
import { allScenarios } from '../../../src/connectors/smoke/scenarios.ts';
import { sourceSmokeTest } from '../../../src/connectors/sources/smoke-test.ts';
import { validateConfig } from '../../../src/connectors/validate-config.ts';
import { parseLossless } from '../../../src/protocol/lossless-json.ts';
import { collect, configured, executionOptions, linesIn, read, rowsIn, statesIn } from '../program-run.ts';

const only = (...names: readonly string[]) => ({ all_fast_streams: false, scenario_filter: names });

async function rowsOf(config: Readonly<Record<string, unknown>>) {
  const catalog = await configured(sourceSmokeTest, config, { sync_mode: 'full_refresh' });
  return rowsIn(await collect(read(sourceSmokeTest, config, { catalog })));
}

describe('source-smoke-test', () => {
  it('has every quick scenario, and no stream twice', async () => {
    const { streams } = await configured(sourceSmokeTest, {});
    const names = streams.map(({ stream }) => `${stream.namespace}.${stream.name}`);
    expect(new Set(names).size).toBe(names.length);
    const quick = allScenarios.filter(({ isSlow }) => isSlow !== true);
    expect(names).toHaveLength(quick.flatMap((scenario) => scenario.streams).length);
    expect(new Set(allScenarios.map(({ name }) => name)).size).toBe(allScenarios.length);
    expect(allScenarios[0]?.name).toBe('basics');
  });

  it('holds rows that are JSON objects, in every scenario', () => {
    for (const { streams } of allScenarios) {
      for (const row of streams.flatMap(({ syncs }) => syncs.flatMap((sync) => [...sync.rows()]))) {
        expect(parseLossless(row)).toBeTypeOf('object');
      }
    }
  });

  it('sends values as they are spelled', async () => {
    const config = only('integers', 'number_spellings');
    const catalog = await configured(sourceSmokeTest, config);
    const text = linesIn(await collect(read(sourceSmokeTest, config, { catalog })));
    for (const value of ['9223372036854775807', '-9223372036854775808', '1.0', '-0', '1E+3']) {
      expect(text).toContain(`"value":${value}}`);
    }
  });

  it('takes the scenarios, the namespace and the prefix that its config names', async () => {
    const config = { ...only('dates'), namespace: 'tests', stream_prefix: 'my_' };
    const { streams } = await configured(sourceSmokeTest, config);
    expect(streams.map(({ stream }) => [stream.namespace, stream.name])).toEqual([['tests', 'my_dates']]);
    expect(Object.keys(await rowsOf(config))).toEqual(['my_dates']);
  });

  it("understands the names that PyAirbyte's source gives its scenarios", async () => {
    const config = only('basic_types', 'large_batch_stream');
    const rows = await rowsOf({ ...config, large_batch_record_count: 7 });
    expect(rows['basics']).toHaveLength(3);
    expect(rows['many_records']).toHaveLength(7);
    const { streams } = await configured(sourceSmokeTest, only('CamelCaseStreamName'));
    expect(streams.map(({ stream }) => stream.name)).toContain('CamelCase');
  });

  it('refuses a scenario that there is none of, with the one that was meant', async () => {
    await expect(async () => sourceSmokeTest.check(only('datse'), executionOptions())).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringContaining('did you mean "dates"?'),
    });
  });

  it('adds scenarios of one’s own, whose numbers keep their digits', async () => {
    const records = parseLossless('[{"id":1,"price":1.10},{"id":12345678901234567890}]');
    const own = { name: 'mine', json_schema: { type: 'object' }, records, primary_key: 'id' };
    const config = { ...only(), custom_scenarios: [own] };
    const catalog = await configured(sourceSmokeTest, config);
    expect(catalog.streams[0]?.stream.source_defined_primary_key).toEqual([['id']]);
    const text = linesIn(await collect(read(sourceSmokeTest, config, { catalog })));
    expect(text).toContain('"price":1.10');
    expect(text).toContain('12345678901234567890');
  });

  it.each([
    [{ name: 'dates', json_schema: {}, records: [] }, 'there is a scenario "dates" already'],
    [{ name: 'x', records: [] }, 'json_schema'],
    [{ name: 'x', json_schema: {}, records: [1] }, 'must be objects'],
  ])('refuses a scenario of one’s own that is not right: %j', async (own, message) => {
    const check = async () => sourceSmokeTest.check({ custom_scenarios: [own] }, executionOptions());
    await expect(check).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringContaining(message),
    });
  });

  it('brings what each sync has, and nothing again that a state covers', async () => {
    const config = only('updates');
    const catalog = await configured(sourceSmokeTest, config);
    const first = await collect(read(sourceSmokeTest, config, { catalog }));
    expect(rowsIn(first)['updates']).toHaveLength(5);
    const states = statesIn(first);
    const again = await collect(read(sourceSmokeTest, config, { catalog, states }));
    expect(rowsIn(again)['updates']).toBeUndefined();
    const second = await collect(read(sourceSmokeTest, { ...config, sync: 2 }, { catalog, states }));
    expect(rowsIn(second)['updates']).toHaveLength(4);
  });

  it('fails at the sync that is to fail, after its records and a state', async () => {
    const config = { ...only('replace_after_failure'), sync: 2 };
    const catalog = await configured(sourceSmokeTest, config);
    await expect(collect(read(sourceSmokeTest, config, { catalog }))).rejects.toMatchObject({
      code: 'connector_failed',
      context: { connector: smokeSourceName },
    });
  });

  it('has a spec that its config fits', async () => {
    const { connectionSpecification } = sourceSmokeTest.spec;
    const problems = await validateConfig(
      { all_slow_streams: true, namespace: null },
      connectionSpecification,
      {
        connector: smokeSourceName,
        log: () => {},
      },
    );
    expect(problems).toEqual([]);
  });
});
