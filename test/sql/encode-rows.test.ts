import { describe, expect, it } from 'vitest';
import { duckDbDialect } from '../../src/sql/duckdb/dialect.ts';
import { encodeRows } from '../../src/sql/encode-rows.ts';
import { QuickRows } from '../../src/sql/quick-rows.ts';
import { recordLines, schemas, tableOf } from './landing.ts';

const { table } = tableOf(
  { dialect: duckDbDialect },
  { id: schemas.integer, name: schemas.string, at: schemas.instant, doc: schemas.object },
);
const dialect = { holdsNul: true };

/** Which of these records are made rows without being parsed, once the first of them is known. */
function taken(...datas: readonly string[]): readonly boolean[] {
  const quick = new QuickRows(table, { syncId: 1, ...dialect });
  quick.learn(recordLines(datas.slice(0, 1)).trimEnd());
  return datas.map((data) => {
    const line = Buffer.from(recordLines([data]));
    quick.begin(line);
    return quick.take(0, line.length - 1, 1);
  });
}

/** The rows, with a bar for what stands around texts. */
function encoded(...datas: readonly string[]): string {
  const encoder = encodeRows(table, { syncId: 1, dialect });
  return Buffer.from(encoder.encode(Buffer.from(recordLines(datas))).bytes)
    .toString()
    .replaceAll('\u0001', '|');
}

describe('records as most sources spell them', () => {
  it('become rows without being parsed', () => {
    const datas = [
      '{"id":1,"name":"a","at":"2024-01-31T10:30:00Z","doc":{"a":[1.5,true,null]}}',
      '{"id":-2,"name":"é \\n \\u00e9 \\"","at":"2024-01-31T10:30:00.123456+00:00","doc":{}}',
      '{"id": 3, "name": null, "at": "2024-01-31 10:30:00.5", "doc": { "a" : "\\u00e9\\"" }}',
      '{"id":4.0,"at":"2024-01-31T10:30:00+05:30"}',
      '{}',
      '{"id":5,"more":{"b":[1]}}',
    ];
    expect(taken(...datas)).toEqual(datas.map(() => true));
  });

  it('do so in whatever order their fields come, from the second record on', () => {
    expect(taken('{"name":"a","id":1}', '{"name":"b","id":2}', '{"id":3,"name":"c"}')).toEqual([
      false,
      true,
      true,
    ]);
    expect(encoded('{"doc":{},"name":"a","id":1}', '{"doc":{"x":1},"name":"b","id":2}')).toBe(
      [
        '1,|a|,,|{}|,|1970-01-01T00:00:00.000Z|,,1,,1\n',
        '2,|b|,,|{"x":1}|,|1970-01-01T00:00:00.001Z|,,1,,2\n',
      ].join(''),
    );
  });
});

describe('a text that holds what stands around texts', () => {
  it('has it doubled, whoever reads the record', () => {
    expect(
      encoded('{"id":1,"name":"\\u0001a\\u0001\\u0001"}', '{"id":2,"name":"\\u0001a\\u0001\\u0001"}'),
    ).toBe(
      [
        '1,|||a|||||,,,|1970-01-01T00:00:00.000Z|,,1,,1\n',
        '2,|||a|||||,,,|1970-01-01T00:00:00.001Z|,,1,,2\n',
      ].join(''),
    );
    expect(taken('{"id":1,"name":"\\u0001"}')).toEqual([true]);
  });
});

describe('rows of one stream', () => {
  it('are counted as they come, over all that is encoded', () => {
    const encoder = encodeRows(table, { syncId: 1, dialect });
    const datas = Array.from({ length: 12 }, (_, id) =>
      id % 5 === 4 ? '{"name":"half \\ud800"}' : `{"id":${id}}`,
    );
    const pieces = [datas.slice(0, 1), datas.slice(1, 11), [], datas.slice(11)].map((some) =>
      encoder.encode(Buffer.from(recordLines(some))),
    );
    expect(pieces.map(({ first, rows }) => [first, rows])).toEqual([
      [1, 1],
      [2, 10],
      [12, 0],
      [12, 1],
    ]);
    const rows = pieces
      .map(({ bytes }) => Buffer.from(bytes).toString())
      .join('')
      .trimEnd()
      .split('\n');
    expect(rows.map((row) => row.slice(row.lastIndexOf(',') + 1))).toEqual(
      datas.map((_, id) => String(id + 1)),
    );
  });
});

describe('records that are spelled otherwise', () => {
  it('are left to checkRow', () => {
    const datas = [
      '{"id":1}',
      '{"id":1,"id":2}',
      '{"i\\u0064":1}',
      '{"id":"1"}',
      '{"id":9223372036854775808}',
      '{"name":"half \\ud800"}',
      '{"at":"soon"}',
      '{"doc":{"a":1,"a":2}}',
      `{"doc":{"a":${'['.repeat(200)}${']'.repeat(200)}}}`,
    ];
    expect(taken(...datas)).toEqual(datas.map((_, index) => index === 0));
  });

  it('have the last of two values with one key, inside objects too', () => {
    const rows = encoded('{"doc":{}}', '{"id":1,"doc":{"a":1,"a":2},"id":2}').split('\n');
    expect(rows[1]).toMatch(/^2,,,\|\{"a":2\}\|,/);
    const shuffled = ['{"doc":{},"name":"a","id":1}', '{"doc":{},"name":"b","id":2,"doc":{"x":1}}'];
    expect(encoded(...shuffled, shuffled[1] ?? '').split('\n')[2]).toMatch(
      /^2,\|b\|,,\|\{"x":1\}\|,.*,1,,3$/,
    );
  });

  it('may hold bytes that are no UTF-8, which spoil no other line', () => {
    const encoder = encodeRows(table, { syncId: 1, dialect });
    const lines = Buffer.from(recordLines(['{"name":"é"}', '{"name":"x"}', '{"name":"é"}']));
    lines[lines.indexOf('x')] = 0xe9;
    const rows = Buffer.from(encoder.encode(lines).bytes).toString().replaceAll('\u0001', '|');
    expect(rows.match(/^,\|(.)\|/gm)).toEqual([',|é|', ',|\ufffd|', ',|é|']);
  });
});
