import { describe, expect, it } from 'vitest';
import { type ColumnType, columnType, jsonSchemaOf, widerType } from '../../src/sql/column-type.ts';

const table: readonly (readonly [ColumnType, unknown])[] = [
  ['string', { type: 'string' }],
  ['string', { type: ['null', 'string'] }],
  ['string', { type: 'string', format: 'email' }],
  ['boolean', { type: 'boolean' }],
  ['date', { type: 'string', format: 'date' }],
  ['timestamp_with_timezone', { type: 'string', format: 'date-time' }],
  [
    'timestamp_with_timezone',
    { type: 'string', format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
  ],
  [
    'timestamp_without_timezone',
    { type: 'string', format: 'date-time', airbyte_type: 'timestamp_without_timezone' },
  ],
  ['time_without_timezone', { type: 'string', format: 'time' }],
  ['time_with_timezone', { type: 'string', format: 'time', airbyte_type: 'time_with_timezone' }],
  ['integer', { type: 'integer' }],
  ['integer', { type: 'number', airbyte_type: 'integer' }],
  ['number', { type: ['number', 'null'] }],
  ['number', { type: ['integer', 'number'] }],
  ['array', { type: 'array', items: { type: 'string' } }],
  ['array', { items: {} }],
  ['object', { type: 'object' }],
  ['object', { properties: {} }],
  ['union', { oneOf: [{ type: 'string' }, { type: 'integer' }] }],
  ['union', { type: ['string', 'object', 'null'] }],
  ['integer', { anyOf: [{ type: 'integer' }, { type: 'null' }] }],
  ['union', { type: 'array', oneOf: [{ type: 'string' }, { type: 'array' }] }],
  ['union', {}],
  ['union', true],
  ['union', { type: 'null' }],
];

describe('the types of columns', () => {
  it.each(table)('%s for %j', (type, schema) => {
    expect(columnType(schema)).toBe(type);
  });

  it('come back from the schema that they give', () => {
    for (const [type] of table) expect(columnType(jsonSchemaOf(type))).toBe(type);
  });

  it('widen to the same type from either side', () => {
    const types = [...new Set(table.map(([type]) => type))];
    for (const held of types) {
      expect(widerType(held, held)).toBe(held);
      for (const wanted of types) expect(widerType(held, wanted)).toBe(widerType(wanted, held));
    }
  });
});
