import type { ConnectorSpecification } from '../../protocol/spec.ts';

/** The faker's config: that of Airbyte's source-faker is taken unchanged. */
export const fakerSpec: ConnectorSpecification = {
  supportsIncremental: true,
  connectionSpecification: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Faker',
    type: 'object',
    required: [],
    additionalProperties: true,
    properties: {
      count: {
        title: 'Users',
        description: 'How many users there are. Ten users make ten purchases; there are always 100 products.',
        type: 'integer',
        minimum: 1,
        default: 1000,
        order: 0,
      },
      seed: {
        title: 'Seed',
        description: 'The same seed gives the same rows; -1 gives other rows in each run.',
        type: 'integer',
        default: -1,
        order: 1,
      },
      records_per_slice: {
        title: 'Records per slice',
        description: 'After how many rows a state is sent.',
        type: 'integer',
        minimum: 1,
        default: 1000,
        order: 2,
      },
      always_updated: {
        title: 'Always updated',
        description:
          'Whether every row counts as updated in each run, and so is sent again. Without it, a row is sent once.',
        type: 'boolean',
        default: true,
        order: 3,
      },
      parallelism: {
        title: 'Parallelism',
        description: "Accepted because Airbyte's faker has it. This one makes its rows in one thread.",
        type: 'integer',
        minimum: 1,
        default: 4,
        order: 4,
      },
    },
  },
};
