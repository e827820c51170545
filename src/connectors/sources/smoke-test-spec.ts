import type { ConnectorSpecification } from '../../protocol/spec.ts';

/** The config of `source-smoke-test`: that of PyAirbyte's source of this name, and where its streams are to lie. */
export const smokeTestSpec: ConnectorSpecification = {
  supportsIncremental: true,
  connectionSpecification: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Smoke test',
    type: 'object',
    required: [],
    additionalProperties: false,
    properties: {
      all_fast_streams: {
        title: 'Quick scenarios',
        description: 'Whether all scenarios are there that are quick.',
        type: 'boolean',
        default: true,
        order: 0,
      },
      all_slow_streams: {
        title: 'Slow scenarios',
        description: 'Whether the slow ones are there as well.',
        type: 'boolean',
        default: false,
        order: 1,
      },
      scenario_filter: {
        title: 'Scenarios',
        description: 'Scenarios that are there beside those.',
        type: 'array',
        items: { type: 'string' },
        default: [],
        order: 2,
      },
      custom_scenarios: {
        title: 'Your own scenarios',
        description:
          'Streams of your own: name, json_schema, records, and perhaps primary_key and description.',
        type: 'array',
        items: { type: 'object' },
        default: [],
        order: 3,
      },
      large_batch_record_count: {
        title: 'Records of many_records',
        description: 'How many records the scenario many_records has.',
        type: 'integer',
        minimum: 0,
        default: 100_000,
        order: 4,
      },
      namespace: {
        title: 'Namespace',
        description: 'The namespace of all streams.',
        type: ['string', 'null'],
        default: null,
        order: 5,
      },
      stream_prefix: {
        title: 'Prefix of streams',
        description: 'What the names of all streams begin with.',
        type: 'string',
        default: '',
        order: 6,
      },
      sync: {
        title: 'Sync',
        description: 'Which sync of each scenario this is: some change their rows from one to the next.',
        type: 'integer',
        minimum: 1,
        default: 1,
        order: 7,
      },
    },
  },
};
