import type { ConnectorSpecification } from '../../protocol/spec.ts';

const object = { type: 'object', additionalProperties: true };

function chosen(property: string, value: string): Readonly<Record<string, unknown>> {
  return { [property]: { type: 'string', const: value, default: value } };
}

const maxEntryCount = {
  title: 'Most entries',
  description: 'How many records of a stream are logged at most.',
  type: 'integer',
  minimum: 1,
  maximum: 1000,
  default: 100,
};

const loggingConfig = {
  title: 'What to log',
  type: 'object',
  oneOf: [
    {
      ...object,
      title: 'The first',
      required: ['logging_type', 'max_entry_count'],
      properties: { ...chosen('logging_type', 'FirstN'), max_entry_count: maxEntryCount },
    },
    {
      ...object,
      title: 'Every n-th',
      required: ['logging_type', 'nth_entry_to_log', 'max_entry_count'],
      properties: {
        ...chosen('logging_type', 'EveryNth'),
        nth_entry_to_log: {
          title: 'N',
          description: 'Of every so many records of a stream the last is logged.',
          type: 'integer',
          minimum: 1,
          maximum: 1000,
          default: 3,
        },
        max_entry_count: maxEntryCount,
      },
    },
    {
      ...object,
      title: 'A random sample',
      required: ['logging_type', 'sampling_ratio', 'max_entry_count'],
      properties: {
        ...chosen('logging_type', 'RandomSampling'),
        sampling_ratio: {
          title: 'Ratio',
          description: 'The part of the records that is logged.',
          type: 'number',
          minimum: 0,
          maximum: 1,
          default: 0.001,
        },
        seed: {
          title: 'Seed',
          description: 'The same seed picks the same records. Without one, each run picks others.',
          type: 'integer',
        },
        max_entry_count: maxEntryCount,
      },
    },
  ],
};

/** The config of Airbyte's destination-dev-null is taken unchanged. */
export const devNullSpec: ConnectorSpecification = {
  supportsIncremental: true,
  supported_destination_sync_modes: ['append', 'overwrite', 'append_dedup'],
  connectionSpecification: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Dev null',
    type: 'object',
    additionalProperties: true,
    properties: {
      test_destination: {
        title: 'What to do with records',
        description: 'All are thrown away; this is what is done before. Silent unless given.',
        type: 'object',
        oneOf: [
          {
            ...object,
            title: 'Silent',
            required: ['test_destination_type'],
            properties: chosen('test_destination_type', 'SILENT'),
          },
          {
            ...object,
            title: 'Logging',
            required: ['test_destination_type', 'logging_config'],
            properties: { ...chosen('test_destination_type', 'LOGGING'), logging_config: loggingConfig },
          },
          {
            ...object,
            title: 'Throttled',
            required: ['test_destination_type', 'millis_per_record'],
            properties: {
              ...chosen('test_destination_type', 'THROTTLED'),
              millis_per_record: {
                title: 'Milliseconds per record',
                description: 'How long to pause for each record.',
                type: 'integer',
                minimum: 0,
              },
            },
          },
          {
            ...object,
            title: 'Failing',
            required: ['test_destination_type', 'num_messages'],
            properties: {
              ...chosen('test_destination_type', 'FAILING'),
              num_messages: {
                title: 'Records',
                description: 'How many records are taken before the next one fails.',
                type: 'integer',
                minimum: 0,
              },
            },
          },
        ],
      },
    },
  },
};
