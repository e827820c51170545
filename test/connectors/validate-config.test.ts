import { describe, expect, it } from 'vitest';
import { validateConfig } from '../../src/connectors/validate-config.ts';
import type { Config } from '../../src/protocol/spec.ts';
import { keptLog } from './answering.ts';

async function problems(schema: Config, config: Config) {
  const { log, entries } = keptLog();
  const found = await validateConfig(config, schema, { connector: 'source-x', log });
  return {
    problems: found.map(({ path, message }) => `${path}: ${message}`),
    warnings: entries.filter(({ level }) => level === 'WARN').map(({ message }) => message),
    notes: entries.filter(({ level }) => level === 'DEBUG').map(({ message }) => message),
  };
}

const database = {
  type: 'object',
  required: ['host', 'mode'],
  properties: {
    host: { type: 'string' },
    port: { type: 'integer', minimum: 1, default: 5432 },
    mode: { type: 'string', enum: ['fast', 'slow'], default: 'fast' },
    password: { type: 'string', airbyte_secret: true, pattern: '^x', enum: ['x1', 'x2'] },
    started: { type: 'string', format: 'date-time' },
  },
};

describe('a config', () => {
  it('that fits has no problems', async () => {
    expect(await problems(database, { host: 'h', mode: 'slow', port: 1, more: true })).toEqual({
      problems: [],
      warnings: [],
      notes: [],
    });
  });

  it('that is empty is refused by whatever asks for something', async () => {
    const lenient = { type: 'object', title: 'Nothing', properties: { a: { type: 'string', minLength: 1 } } };
    expect(await problems(lenient, {})).toEqual({ problems: [], warnings: [], notes: [] });
    const demands = [
      { required: ['a'] },
      { minProperties: 1 },
      { type: 'array' },
      { oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      { allOf: [{ required: ['a'] }] },
      { $ref: '#/definitions/a', definitions: { a: { required: ['a'] } } },
      { not: { type: 'object' } },
    ];
    for (const demand of demands) {
      expect((await problems({ ...lenient, ...demand }, {})).problems).not.toEqual([]);
    }
  });

  it('may hold whole numbers that JavaScript would round', async () => {
    const found = await problems(database, { host: 'h', mode: 'fast', port: 9007199254740993n });
    expect(found.problems).toEqual([]);
  });

  it('has all its faults named at once, each where it lies', async () => {
    const found = await problems(database, { mode: 'fats', port: '5432', password: 'hunter2' });
    expect(found.problems).toEqual([
      'host: is required',
      'port: must be an integer, and is a string',
      'mode: must be one of "fast", "slow", and is "fats"; did you mean "fast"?',
      'password: must be one of "x1", "x2"',
      'password: must be of the form ^x',
    ]);
  });

  it('never has a secret shown', async () => {
    const found = await problems(database, { host: 'h', mode: 'fast', password: 'hunter2' });
    expect(found.problems.join()).not.toContain('hunter2');
  });

  it('with a misspelt name of a required property is told both', async () => {
    expect((await problems(database, { hots: 'h', mode: 'fast' })).problems).toEqual([
      'host: is required; is it what you wrote as "hots"?',
    ]);
  });

  it('with a likely misspelling of an optional property fits, with a warning', async () => {
    expect(await problems(database, { host: 'h', mode: 'fast', prot: 1 })).toMatchObject({
      problems: [],
      warnings: ['source-x: its spec knows no "prot" in the config; did you mean "port"?'],
    });
  });

  it('with a fault has likely misspellings told beside it', async () => {
    expect((await problems(database, { host: 'h', mode: 1, prot: 1 })).problems).toEqual([
      'mode: must be a string, and is an integer',
      'prot: is not known to the spec; did you mean "port"?',
    ]);
  });

  it('with an unknown property where none is allowed is told the nearest', async () => {
    const schema = {
      type: 'object',
      properties: {
        list: {
          type: 'array',
          items: {
            type: 'object',
            additionalProperties: false,
            properties: { alpha: {}, 'a/b': { type: 'null' } },
          },
        },
      },
    };
    expect((await problems(schema, { list: [{}, { alhpa: 1, 'a/b': 2 }] })).problems).toEqual([
      'list[1].alhpa: is not a known property; did you mean "alpha"?',
      'list[1].a/b: must be null, and is an integer',
    ]);
  });

  it('is told what a missing property usually is', async () => {
    expect((await problems({ ...database, required: ['port', 'mode', 'password'] }, {})).problems).toEqual([
      'port: is required (usually 5432)',
      'mode: is required: one of "fast", "slow" (usually "fast")',
      'password: is required: one of "x1", "x2"',
    ]);
  });

  it('with only a format that is not right fits, with a warning, as connectors do not check formats', async () => {
    expect(await problems(database, { host: 'h', mode: 'fast', started: '2020-01-01' })).toMatchObject({
      problems: [],
      warnings: ['source-x: started in the config must be a valid date-time, and is "2020-01-01"'],
    });
  });
});

const choice = {
  type: 'object',
  required: ['credentials'],
  properties: {
    count: { type: 'integer' },
    credentials: {
      type: 'object',
      oneOf: [
        {
          title: 'OAuth',
          required: ['auth_type', 'client_id', 'refresh_token'],
          properties: {
            auth_type: { type: 'string', const: 'oauth2.0' },
            client_id: { type: 'string' },
            refresh_token: { type: 'string', airbyte_secret: true },
          },
        },
        {
          title: 'Key',
          required: ['api_key'],
          properties: {
            auth_type: { type: 'string', enum: ['api_key'] },
            api_key: { $ref: '#/definitions/key' },
          },
        },
      ],
    },
  },
  definitions: { key: { type: 'string', minLength: 8 } },
};

describe('a choice', () => {
  it('is told by its constant, and only the branch that is meant is spoken of', async () => {
    expect(
      (await problems(choice, { credentials: { auth_type: 'oauth2.0', api_key: 'x' } })).problems,
    ).toEqual(['credentials.client_id: is required', 'credentials.refresh_token: is required']);
    expect(
      (await problems(choice, { credentials: { auth_type: 'api_key', api_key: 'x' } })).problems,
    ).toEqual(['credentials.api_key: must NOT have fewer than 8 characters']);
  });

  it('names the constants where there is none, or one that is not among them', async () => {
    expect((await problems(choice, { credentials: {} })).problems).toEqual([
      'credentials.auth_type: is required: it must be one of "oauth2.0", "api_key"',
    ]);
    expect((await problems(choice, { credentials: { auth_type: 'oauth2' } })).problems).toEqual([
      'credentials.auth_type: must be one of "oauth2.0", "api_key", and is "oauth2"; did you mean "oauth2.0"?',
    ]);
    expect((await problems(choice, { credentials: 'key' })).problems).toEqual([
      'credentials: must be an object, and is a string',
    ]);
  });

  it('that fits a branch without its constant is not spoken of when something else is wrong', async () => {
    expect((await problems(choice, { count: 'x', credentials: { api_key: '12345678' } })).problems).toEqual([
      'count: must be an integer, and is a string',
    ]);
  });

  it('without constants is told by the type, or by what is nearest', async () => {
    const schema = {
      properties: {
        when: { oneOf: [{ type: 'string' }, { type: 'integer', minimum: 10 }] },
        where: {
          anyOf: [
            { type: 'object', required: ['host', 'port'], properties: { host: {}, port: {} } },
            { type: 'object', required: ['url'], properties: { url: { type: 'string' } } },
            { type: 'null' },
          ],
        },
      },
    };
    expect((await problems(schema, { when: true, where: { url: 1 } })).problems).toEqual([
      'when: must be a string or an integer, and is true',
      'where.url: must be a string, and is an integer',
    ]);
    expect((await problems(schema, { when: 2, where: null })).problems).toEqual([
      'when: must be >= 10, and is 2',
    ]);
  });

  it('that fits more than one branch is refused in ajv’s words', async () => {
    const schema = { properties: { a: { oneOf: [{ type: 'integer' }, { minimum: 1 }] } } };
    expect((await problems(schema, { a: 2 })).problems).toEqual([
      'a: must match exactly one schema in oneOf',
    ]);
  });
});

describe('a spec', () => {
  it.each([
    'http://json-schema.org/draft-04/schema#',
    'http://json-schema.org/draft-06/schema',
    'http://json-schema.org/draft-07/schema#',
    'https://json-schema.org/draft/2019-09/schema',
    'https://json-schema.org/draft/2020-12/schema',
    'no url at all',
  ])('of any draft is understood: %s', async ($schema) => {
    const schema = { $schema, $id: 'https://example.com/spec.json', id: 'x', ...database };
    expect((await problems(schema, { host: 1, mode: 'fast' })).problems).toEqual([
      'host: must be a string, and is an integer',
    ]);
  });

  it('of draft 4 has its exclusive limits understood', async () => {
    const schema = {
      properties: { n: { type: 'number', maximum: 5, exclusiveMaximum: true, exclusiveMinimum: false } },
    };
    expect((await problems(schema, { n: 5 })).problems).toEqual(['n: must be < 5, and is 5']);
  });

  it.each(['^a\\Z', '(?i)abc', '^(?P<year>\\d+)$', '\\A\\d+$', '('])(
    'with a pattern that JavaScript cannot say is used without it: %s',
    async (pattern) => {
      const found = await problems({ properties: { a: { type: 'string', pattern } } }, { a: 'ABC' });
      expect(found.problems).toEqual([]);
      expect(found.notes).toEqual([
        `source-x: a part of its spec cannot be checked here: pattern: ${JSON.stringify(pattern)}`,
      ]);
    },
  );

  it('with a pattern that only JavaScript’s lenient mode takes is used with it', async () => {
    const schema = { properties: { a: { pattern: '^[0-9]{4}\\-[0-9]{2}$', pattern_descriptor: 'YYYY-MM' } } };
    expect((await problems(schema, { a: '2020-01' })).problems).toEqual([]);
    expect((await problems(schema, { a: '2020' })).problems).toEqual([
      'a: must be of the form YYYY-MM, and is "2020"',
    ]);
  });

  it('with keywords that ajv refuses is used without them', async () => {
    const properties = {
      a: { required: true, enum: [], type: 'date', nullable: true, order: 1, airbyte_hidden: true },
      pattern: { type: 'string' },
      id: { type: 'integer' },
      $schema: { type: 'integer' },
    };
    const schema = { properties, discriminator: { propertyName: 'a' }, minimum: '1', oneOf: [] };
    expect((await problems(schema, { a: 1, pattern: '(', id: 'x', $schema: 'y' })).problems).toEqual([
      'id: must be an integer, and is a string',
      '$schema: must be an integer, and is a string',
    ]);
  });

  it('that cannot be used at all leaves the config to the connector, with a warning', async () => {
    const found = await problems({ properties: { a: { $ref: '#/definitions/none' } } }, { a: 1 });
    expect(found.problems).toEqual([]);
    expect(found.warnings[0]).toMatch(
      /^source-x: the config is not validated, because its spec cannot be used/,
    );
  });

  it('may refer to itself', async () => {
    const schema = {
      $ref: '#/definitions/node',
      definitions: {
        node: {
          type: 'object',
          properties: { next: { anyOf: [{ $ref: '#/definitions/node' }, { type: 'null' }] } },
        },
      },
    };
    expect((await problems(schema, { next: { next: { next: null } } })).problems).toEqual([]);
    expect((await problems(schema, { next: { next: 5 } })).problems).toEqual([
      'next.next: must be an object or null, and is an integer',
    ]);
  });
});
