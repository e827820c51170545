import { describe, expect, it } from 'vitest';
import { compareRows } from '../../../src/connectors/smoke/compare-rows.ts';
import { expectedRows } from '../../../src/connectors/smoke/expected-rows.ts';
import { bringing, fields, types } from '../../../src/connectors/smoke/scenario.ts';
import { isJsonObject } from '../../../src/protocol/json-object.ts';
import { parseLossless } from '../../../src/protocol/lossless-json.ts';
import type { Row } from '../../../src/protocol/messages.ts';

const schema = fields({
  id: types.integer,
  n: types.number,
  at: types.timestamp,
  clock: types.zonedTime,
  text: types.string,
  object: types.object,
});

function row(text: string): Row {
  const value = parseLossless(text);
  return isJsonObject(value) ? value : {};
}

function compare(expected: readonly string[], actual: readonly string[], key = ['id']) {
  return compareRows(expected, actual.map(row), { stream: 's', schema, key });
}

/** The kind of difference between two values of a field. */
function kindOf(field: string, sent: string, there: string): string | undefined {
  return compare([`{"id":1,"${field}":${sent}}`], [`{"id":1,"${field}":${there}}`])[0]?.kind;
}

describe('compareRows', () => {
  it('finds nothing between the same rows in another order, with their fields in another order', () => {
    const rows = ['{"id":1,"text":"a"}', '{"id":2,"text":"b"}', '{"id":2,"text":"b"}'];
    expect(compare(rows, ['{"text":"b","id":2}', '{"id":1,"text":"a"}', '{"id":2,"text":"b"}'])).toEqual([]);
    expect(compare(['{}', '{}'], ['{}', '{}'])).toEqual([]);
  });

  it('counts rows that are alike', () => {
    expect(compare(['{"id":1}', '{"id":1}'], ['{"id":1}'])).toEqual([
      { kind: 'row_missing', stream: 's', row: 'id 1', expected: '{"id":1}' },
    ]);
    expect(compare(['{"id":1}'], ['{"id":1}', '{"id":1}'])).toEqual([
      { kind: 'row_not_sent', stream: 's', row: 'id 1', actual: '{"id":1}' },
    ]);
  });

  it('names the row by its key, and the field with both values', () => {
    expect(compare(['{"id":1,"text":"a"}', '{"id":2,"text":"b"}'], ['{"id":2,"text":"c"}'])).toEqual([
      { kind: 'row_missing', stream: 's', row: 'id 1', expected: '{"id":1,"text":"a"}' },
      { kind: 'value_changed', stream: 's', row: 'id 2', field: 'text', expected: '"b"', actual: '"c"' },
    ]);
  });

  it.each([
    ['n', '1.0', '1', 'respelled'],
    ['n', '1e3', '1000', 'respelled'],
    ['n', '-0', '0', 'respelled'],
    ['n', '5', '-5', 'value_changed'],
    ['n', '12345678901234567890123456789012345678', '1.2345678901234568e37', 'value_changed'],
    ['n', '9007199254740993', '9007199254740992', 'value_changed'],
    ['n', '1', '"1"', 'value_changed'],
    ['n', '1e400', 'null', 'value_changed'],
    ['at', '"2024-01-31T10:30:00+05:30"', '"2024-01-31T05:00:00Z"', 'respelled'],
    ['at', '"2024-01-31T10:30:00.120000Z"', '"2024-01-31 10:30:00.12+00"', 'respelled'],
    ['at', '"2024-01-31T10:30:00Z"', '"2024-01-31T10:30:00.000001Z"', 'value_changed'],
    ['at', '"2024-01-31T10:30:00.123456789Z"', '"2024-01-31T10:30:00.123456Z"', 'value_changed'],
    ['clock', '"10:00:00.250-03:30"', '"10:00:00.25-0330"', 'respelled'],
    ['clock', '"10:00:00+02:00"', '"10:00:00Z"', 'value_changed'],
    ['text', '"2024-01-31T10:30:00+05:30"', '"2024-01-31T05:00:00Z"', 'value_changed'],
    ['object', '{"a":1,"b":[1.0]}', '{"b":[1],"a":1}', 'respelled'],
    ['object', '{"a":1}', '"{\\"a\\":1}"', 'respelled'],
    ['object', '{"a":[1,2]}', '{"a":[2,1]}', 'value_changed'],
    ['object', '{"a":null}', '{}', 'value_changed'],
    ['text', '"x"', 'null', 'value_changed'],
    ['text', 'null', '""', 'value_changed'],
  ])('of %s, takes %s and %s for %s', (field, sent, there, kind) => {
    expect(kindOf(field, sent, there)).toBe(kind);
  });

  it('tells null from absent, and both from what was lost', () => {
    expect(compare(['{"id":1,"text":null}'], ['{"id":1}'])[0]?.kind).toBe('null_or_absent');
    expect(compare(['{"id":1}'], ['{"id":1,"text":null}'])[0]?.kind).toBe('null_or_absent');
    expect(compare(['{"id":1,"text":"x"}'], ['{"id":1}'])[0]?.kind).toBe('value_missing');
    expect(compare(['{"id":1}'], ['{"id":1,"text":"x"}'])[0]?.kind).toBe('value_not_sent');
    expect(compare(['{"id":1,"more":"x"}'], ['{"id":1}'])[0]?.kind).toBe('undeclared_dropped');
    expect(compare(['{"id":1,"more":"x"}'], ['{"id":1,"more":"y"}'])[0]?.kind).toBe('value_changed');
  });

  it('cuts long values short', () => {
    const [difference] = compare([`{"id":1,"text":"${'x'.repeat(9999)}"}`], ['{"id":1,"text":""}']);
    expect(difference?.expected).toHaveLength(200 + '… (10001 characters)'.length);
  });
});

describe('the rows that must be there', () => {
  const stream = {
    name: 's',
    schema,
    primaryKey: [['id']],
    cursor: 'n',
    syncs: [
      bringing('{"id":1,"n":2}', '{"id":2,"n":1}', '{"id":1,"n":1}'),
      { ...bringing('{"id":9,"n":1}'), fails: true },
      bringing('{"id":2,"n":1,"text":"later"}', '{"id":null,"n":1}', '{"n":1}'),
    ],
  };

  it('are all of them where rows are appended, without what a failed sync sent', () => {
    expect(expectedRows(stream, 3, 'append')).toHaveLength(6);
    expect(expectedRows(stream, 2, 'append')).toHaveLength(3);
  });

  it('are those of the last sync that ended well where rows are replaced', () => {
    expect(expectedRows(stream, 2, 'overwrite')).toEqual(expectedRows(stream, 1, 'append'));
    expect(expectedRows(stream, 3, 'overwrite')).toHaveLength(3);
  });

  it('are the latest of each key where rows are merged, null and absent being one key', () => {
    expect(expectedRows(stream, 3, 'append_dedup')).toEqual([
      '{"id":1,"n":2}',
      '{"id":2,"n":1,"text":"later"}',
      '{"n":1}',
    ]);
  });
});
