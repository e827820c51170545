import { describe, expect, it } from 'vitest';
import { recordsProgram } from '../../../src/connectors/sources/records.ts';
import type { Rows } from '../../../src/connectors/sources/records-rows.ts';
import { InputError } from '../../../src/errors.ts';
import { configured, executionOptions } from '../program-run.ts';

const three = [{ id: 1 }, { id: 2 }, { id: 3 }];

describe('the schema of rows', () => {
  it('says which types have been seen, and that each may be null', async () => {
    const rows = [
      {
        id: 1,
        n: 1,
        mixed: 'a',
        when: new Date(),
        bytes: Buffer.of(1),
        list: [1],
        o: { x: true },
        none: null,
      },
      { id: 2n, n: 1.5, mixed: 2, when: null, list: [null, 'b'], o: { y: [] }, text: '2026-01-01' },
    ];
    expect(await schemaOf(rows)).toEqual({
      type: 'object',
      properties: {
        id: { type: ['null', 'integer'] },
        n: { type: ['null', 'number'] },
        mixed: { type: ['null', 'string', 'integer'] },
        when: { type: ['null', 'string'], format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
        bytes: { type: ['null', 'string'], contentEncoding: 'base64' },
        list: { type: ['null', 'array'], items: { type: ['null', 'integer', 'string'] } },
        o: {
          type: ['null', 'object'],
          properties: { x: { type: ['null', 'boolean'] }, y: { type: ['null', 'array'] } },
        },
        none: { type: ['null', 'string'] },
        text: { type: ['null', 'string'] },
      },
    });
  });

  it('is that of { value } for values that are no objects', async () => {
    expect(await schemaOf([1, 'a'])).toEqual({
      type: 'object',
      properties: { value: { type: ['null', 'integer', 'string'] } },
    });
  });

  it('looks at 1,000 rows and no more', async () => {
    let pulled = 0;
    function* counted() {
      for (;;) {
        pulled += 1;
        yield { id: pulled };
      }
    }
    await recordsProgram('many', counted()).discover?.({}, executionOptions());
    expect(pulled).toBe(1000);
  });

  it('is the one that was given, without a look at the rows', async () => {
    let isPulled = false;
    function* rows() {
      isPulled = true;
      yield 1;
    }
    const schema = { type: 'object', properties: { id: { type: 'integer' } } };
    const catalog = await configured(recordsProgram('given', rows(), { schema }), {});
    expect(catalog.streams[0]?.stream.json_schema).toEqual(schema);
    expect(isPulled).toBe(false);
  });

  it('must have the fields that are named as keys and cursor', async () => {
    for (const options of [{ primaryKey: 'di' }, { primaryKey: ['id', 'x'] }, { cursor: 'idd' }]) {
      await expect(configured(recordsProgram('users', three, options), {})).rejects.toThrow(InputError);
    }
    const { streams } = await configured(
      recordsProgram('users', three, { primaryKey: 'id', cursor: 'id' }),
      {},
    );
    expect(streams[0]?.stream).toMatchObject({
      source_defined_primary_key: [['id']],
      default_cursor_field: ['id'],
      source_defined_cursor: true,
      supported_sync_modes: ['full_refresh', 'incremental'],
    });
  });
});

async function schemaOf(rows: Rows): Promise<unknown> {
  const { streams } = await configured(recordsProgram('x', rows), {});
  return streams[0]?.stream.json_schema;
}
