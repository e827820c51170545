import { z } from 'zod';
import type { ConnectorProgram } from '../../protocol/flow.ts';
import type { Config } from '../../protocol/spec.ts';
import { builtInConfig, builtInVersion } from '../built-in-config.ts';
import { customScenarios } from '../smoke/custom-scenarios.ts';
import type { Scenario } from '../smoke/scenario.ts';
import { scenarioCatalog, scenarioRows, smokeSourceName } from '../smoke/scenario-source.ts';
import { allScenarios, scenariosNamed } from '../smoke/scenarios.ts';
import { manyRecords } from '../smoke/size-scenarios.ts';
import { smokeTestSpec } from './smoke-test-spec.ts';

/** The scenarios of `sluice smoke-test` as a source: every type, name, size, key and null that a destination must bear. */
export const sourceSmokeTest: ConnectorProgram = {
  name: smokeSourceName,
  version: builtInVersion,
  spec: smokeTestSpec,
  async check(config) {
    understood(config);
    return { status: 'SUCCEEDED' };
  },
  async discover(config) {
    const { scenarios, sync, placing } = understood(config);
    return scenarioCatalog(scenarios, sync, placing);
  },
  read(config, catalog, states, { signal }) {
    const { scenarios, sync, placing } = understood(config);
    const streams = scenarios.flatMap((scenario) => scenario.streams);
    return scenarioRows(streams, { catalog, states, sync, placing, signal });
  },
};

const configSchema = z.strictObject({
  all_fast_streams: z.boolean().default(true),
  all_slow_streams: z.boolean().default(false),
  scenario_filter: z.array(z.string()).default([]),
  custom_scenarios: z.array(z.unknown()).default([]),
  large_batch_record_count: z.int().min(0).default(100_000),
  namespace: z.string().nullable().default(null),
  stream_prefix: z.string().default(''),
  sync: z.int().min(1).default(1),
});

function understood(given: Config) {
  const config = builtInConfig(smokeSourceName, configSchema, given);
  const many = manyRecords(config.large_batch_record_count);
  const own = allScenarios.map((scenario) => (scenario.name === many.name ? many : scenario));
  const custom = customScenarios(config.custom_scenarios);
  const all = [...own, ...custom];
  const named = new Set(
    scenariosNamed(
      config.scenario_filter.map((name) => elsewhere.get(name) ?? name),
      all,
    ),
  );
  const isWanted = (scenario: Scenario): boolean => {
    if (named.has(scenario) || custom.includes(scenario)) return true;
    return scenario.isSlow === true ? config.all_slow_streams : config.all_fast_streams;
  };
  return {
    scenarios: all.filter(isWanted),
    sync: config.sync,
    placing: { namespace: config.namespace ?? undefined, prefix: config.stream_prefix },
  };
}

/** What PyAirbyte's source of this name calls scenarios, and which of ours tries the same. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ['basic_types', 'basics'],
  ['timestamp_types', 'timestamps_with_offset'],
  ['time_types', 'times_of_day'],
  ['large_decimals_and_numbers', 'decimals'],
  ['special_number_values', 'number_extremes'],
  ['nested_json_objects', 'objects'],
  ['array_of_primitives', 'arrays'],
  ['union_types', 'unions'],
  ['null_handling', 'nulls'],
  ['sparse_records', 'sparse_rows'],
  ['empty_stream', 'no_records'],
  ['single_record_stream', 'no_records'],
  ['column_naming_edge_cases', 'column_names'],
  ['long_column_names', 'long_column_names'],
  ['table_naming_edge_cases', 'stream_names'],
  ['CamelCaseStreamName', 'stream_names'],
  ['wide_table_50_columns', 'wide_rows'],
  ['large_string_values', 'long_texts'],
  ['unicode_and_special_strings', 'unicode'],
  ['schema_with_no_primary_key', 'append'],
  ['duplicate_primary_keys', 'updates'],
  ['large_batch_stream', 'many_records'],
]);
