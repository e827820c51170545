import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLossless, stringifyLossless } from '../../src/protocol/lossless-json.ts';
import { checkRow } from '../../src/sql/check-row.ts';
import { duckDbDialect } from '../../src/sql/duckdb/dialect.ts';
import { type EncodedRows, encodeRows, type RowEncoder } from '../../src/sql/encode-rows.ts';
import { stagedRow, textMark } from '../../src/sql/staged-rows.ts';
import type { StreamColumn } from '../../src/sql/stream-table.ts';
import { tableOf } from '../sql/landing.ts';
import { datas, member, properties } from './record-datas.ts';

const { table } = tableOf({ dialect: duckDbDialect }, properties, { primaryKey: [['string']] });

/** What a program writes around the data of its records, `DATA` and `TIME` standing for what differs. */
const layouts = fc.constantFrom(
  '{"type":"RECORD","record":{"stream":"things","data":DATA,"emitted_at":TIME}}',
  '{"type": "RECORD", "record": {"stream": "things", "emitted_at": TIME, "data": DATA}}',
  '{"type":"RECORD","record":{"namespace":"a\\"b","stream":"things","data":DATA,"emitted_at":TIME,"meta":{"changes":[]}}}',
  '{"record":{"data":DATA,"emitted_at":TIME,"stream":"things","namespace":"late"},"type":"RECORD"}',
  '{"type":"RECORD","record":{"stream":"things","data":DATA,"emitted_at":TIME,"meta":{"changes":[{"field":"string","change":"NULLED","reason":"x"}]}}} ',
  '{"type":"RECORD","record":{"stream":"things","data":DATA,"d\\u0061ta":{"integer":7},"emitted_at":TIME}}',
  '{"type":"RECORD","record":{"data":{"integer":8},"stream":"things","emitted_at":TIME,"data":DATA}}',
  '{"type":"RECORD","record":{"stream":"things","data":DATA}}',
  '{"type":"RECORD","record":{"stream":"things","data":DATA,"emitted_at":TIME}}\r',
);
const times = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1_795_264_000_000, max: 1_795_264_100_000 }).map(String) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('0', '-5', '1e3', '012', '253402300799999', '253402300800000', '1.5', 'null'),
  },
);

const plainText = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ unit: fc.constantFrom('\u0001', '"', ',', '\n') }),
  )
  .map((text) => JSON.stringify(text));
const zone = fc.constantFrom('Z', 'Z', '+00:00');

/** Data without anything unusual in it, some of it left out or null, its fields in one of a few orders. */
const usual = fc
  .record({
    string: plainText,
    integer: fc.nat().map(String),
    number: fc.nat().map((id) => String(id / 4)),
    boolean: fc.constantFrom('true', 'false'),
    date: fc.constant('"2024-02-29"'),
    instant: zone.map((one) => `"2024-02-29T23:59:59.251${one}"`),
    zonedTime: zone.map((one) => `"10:00:00${one}"`),
    object: plainText.map((text) => `{"a":[7,null,{"b":${text}}]}`),
    union: plainText,
  })
  .chain((fields) =>
    fc
      .tuple(
        fc.constantFrom(Object.keys(fields), Object.keys(fields).toReversed(), [
          'union',
          'string',
          'union',
          'date',
        ]),
        fc.constantFrom<readonly string[]>([], ['integer'], ['integer', 'union', 'zonedTime']),
        fc.constantFrom('left out', 'null'),
      )
      .map(([names, without, how]) =>
        names
          .filter((name) => how === 'null' || !without.includes(name))
          .map((name) => `"${name}":${without.includes(name) ? 'null' : fields[name as keyof typeof fields]}`)
          .join(','),
      ),
  )
  .map((members) => `{${members}}`);

const odd = fc.oneof(
  datas,
  fc.tuple(member('string'), member('string'), datas).map(([a, b, data]) => `{${a},${b},"more":${data}}`),
  fc
    .tuple(
      member('integer'),
      fc.constantFrom('"x":NaN', '"string" : "s"', '"str\\u0069ng":"s"', '"":1', '"x":01'),
    )
    .map((members) => `{${members.join(',')}}`),
  fc.integer({ min: 1, max: 300 }).map((depth) => `{"union":${'['.repeat(depth)}${']'.repeat(depth)}}`),
  fc.constantFrom(
    '{}',
    '{ }',
    '{"object":{"a":1,"a":2}}',
    '{"object":{"a":1,"\\u0061":2}}',
    '{"object":{ "a" : [ 1 , 2.50 ] }}',
    '{"string":"half \\ud800"}',
    '{"string":"\\ud83d\\ude00\\u0041\\/\\u0022"}',
    '{"string":"\\u0000","object":{"a":"\\u0000"}}',
    '{"array":["\\x"]}',
    '{"integer":-0,"number":-0.0}',
    '{"integer":1,}',
    '{"integer":1 "number":2}',
    '{"number":.5}',
    '{"string":"a\u0001b"}',
  ),
);

/** Lines, and what is done to one of them: a byte taken out, doubled or replaced. */
const lines = fc
  .tuple(
    fc.array(layouts, { minLength: 1, maxLength: 2 }),
    fc.array(
      fc.tuple(fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: odd }), times, fc.nat()),
      {
        minLength: 1,
        maxLength: 12,
      },
    ),
  )
  .map(([some, records]) =>
    records.map(([data, time, which]) =>
      (some[which % 8 === 0 ? some.length - 1 : 0] ?? '').replace('DATA', () => data).replace('TIME', time),
    ),
  );
const damage = fc.option(fc.tuple(fc.nat(), fc.constantFrom('', ' ', '"', '0', '\\', ',', '}', '\ud800')));

describe.each([{ holdsNul: true }, { holdsNul: false }])('rows made of bytes (%j)', (dialect) => {
  const options = { syncId: 7, dialect };

  it('are those that checkRow makes, for any lines in any pieces', () => {
    fc.assert(
      fc.property(lines, damage, (texts, damaged) => {
        const encoder = encodeRows(table, options);
        const broken = texts.map((text, index) =>
          index === 0 && damaged !== null ? damagedText(text, damaged) : text,
        );
        const whole = broken.filter((text) => typeof outcome(() => expected(text, options)) !== 'string');
        for (const text of [...broken, ...broken]) {
          expect(outcome(() => cellsOf(encode(encoder, [text])))).toEqual(
            outcome(() => [expected(text, options)]),
          );
        }
        const { bytes, rows, nulledRows, longest } = encode(encoder, whole);
        expect(cellsOf({ bytes })).toEqual(whole.map((text) => expected(text, options)));
        expect(rows).toBe(whole.length);
        expect(nulledRows).toBe(
          whole.filter((text) => checkRow(text.trimEnd(), table, options).nulled).length,
        );
        const lengths = Buffer.from(bytes).toString('latin1').match(rowPattern) ?? [];
        expect(longest).toBe(Math.max(0, ...lengths.map(({ length }) => length)));
      }),
      { numRuns: 300 },
    );
  });
});

function damagedText(text: string, [at, by]: readonly [number, string]): string {
  const place = at % text.length;
  return text.slice(0, place) + by + text.slice(place + 1);
}

function encode(encoder: RowEncoder, texts: readonly string[]): EncodedRows {
  return encoder.encode(Buffer.from(texts.map((text) => `${text}\n`).join('')));
}

/** What a function answers, or the message of what it throws. */
function outcome<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error.message : 'thrown';
  }
}

function expected(text: string, options: Parameters<typeof checkRow>[2]): readonly unknown[] {
  // Half a character in the text is no UTF-8, and is read as the sign for that.
  const line = Buffer.from(text).toString().trimEnd();
  return cellsOf({ bytes: Buffer.from(stagedRow(checkRow(line, table, options), table, 1)) })[0] ?? [];
}

const cellPattern = new RegExp(
  String.raw`(?:M((?:[^M]|MM)*)M|([^M,\n]*))([,\n])`.replaceAll('M', textMark),
  'g',
);

const rowPattern = new RegExp(String.raw`(?:M(?:[^M]|MM)*M|[^M\n])*\n`.replaceAll('M', textMark), 'g');

/** The rows' cells; what an engine takes to be the same is the same. */
function cellsOf({ bytes }: Pick<EncodedRows, 'bytes'>): readonly (readonly unknown[])[] {
  const rows: unknown[][] = [];
  let row: unknown[] = [];
  for (const [, quoted, bare = '', end] of Buffer.from(bytes).toString().matchAll(cellPattern)) {
    row.push(read(quoted?.replaceAll(textMark + textMark, textMark), bare, table.columns[row.length]));
    if (end !== '\n') continue;
    // When it came: no matter of the record's.
    expect(row.pop()).toMatchObject({ bare: expect.stringMatching(/^[1-9][0-9]*$/) });
    rows.push(row);
    row = [];
  }
  expect(row).toEqual([]);
  return rows;
}

function read(quoted: string | undefined, bare: string, column: StreamColumn | undefined): unknown {
  if (quoted === undefined) return column?.type === 'number' && bare !== '' ? Number(bare) : { bare };
  const isJson = ['array', 'object', 'union'].includes(column?.type ?? '');
  return isJson ? { json: stringifyLossless(parseLossless(quoted)) } : { quoted };
}
