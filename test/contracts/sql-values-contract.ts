import { describe, expect, it } from 'vitest';
import type { Driver } from '../../src/sql/driver.ts';
import { sql } from '../../src/sql/sql.ts';
import { landing, schemas } from '../sql/landing.ts';

type Kind = keyof typeof schemas;

/** What goes in as JSON, and what the column then holds as JavaScript; undefined where the column cannot hold it. */
const values: readonly (readonly [Kind, string, unknown])[] = [
  ['string', '"plain"', 'plain'],
  ['string', '""', ''],
  ['string', '"a \\"quote\\", a \\\\, a \\n"', 'a "quote", a \\, a \n'],
  ['string', '"\\u00e9 é 😀"', 'é é 😀'],
  ['string', '"a\\u0000b"', 'a\u0000b'],
  ['string', '"half \\ud800"', 'half \ufffd'],
  ['string', '"null"', 'null'],
  ['string', '5', undefined],
  ['string', '{"a":1}', undefined],
  ['boolean', 'true', true],
  ['boolean', 'false', false],
  ['boolean', '"true"', undefined],
  ['boolean', '1', undefined],
  ['integer', '0', 0],
  ['integer', '-7', -7],
  ['integer', '9007199254740993', 9007199254740993n],
  ['integer', '9223372036854775807', 9223372036854775807n],
  ['integer', '-9223372036854775808', -9223372036854775808n],
  ['integer', '9223372036854775808', undefined],
  ['integer', '1.5', undefined],
  ['integer', '5.0', 5],
  ['integer', '1e3', 1000],
  ['integer', '"5"', undefined],
  ['number', '1.5', 1.5],
  ['number', '7', 7],
  ['number', '1.0', 1],
  ['number', '-0', 0],
  ['number', '1e22', 1e22],
  ['number', '1e-7', 1e-7],
  ['number', '0.1', 0.1],
  ['number', '1.7976931348623157e308', 1.7976931348623157e308],
  ['number', '1e400', undefined],
  ['number', '1e-400', undefined],
  ['number', '9007199254740993', undefined],
  ['number', '123456789.123456789123456789', undefined],
  ['number', '"1.5"', undefined],
  ['date', '"2024-02-29"', '2024-02-29'],
  ['date', '"0001-01-01"', '0001-01-01'],
  ['date', '"2023-02-29"', undefined],
  ['date', '"2024-2-9"', undefined],
  ['date', '"2024-02-29T00:00:00Z"', undefined],
  ['instant', '"2024-01-31T10:30:00Z"', '2024-01-31T10:30:00Z'],
  ['instant', '"2024-01-31T10:30:00+00:00"', '2024-01-31T10:30:00Z'],
  ['instant', '"2024-01-31T10:30:00.000Z"', '2024-01-31T10:30:00Z'],
  ['instant', '"2024-01-31T10:30:00.5Z"', '2024-01-31T10:30:00.500Z'],
  ['instant', '"2024-01-31T10:30:00.123456Z"', '2024-01-31T10:30:00.123456Z'],
  ['instant', '"2024-01-31T10:30:00.120000Z"', '2024-01-31T10:30:00.120Z'],
  ['instant', '"2024-01-31T10:30:00+05:30"', '2024-01-31T05:00:00Z'],
  ['instant', '"2024-01-31T10:30:00"', '2024-01-31T10:30:00Z'],
  ['instant', '"1969-12-31T23:59:59.999999Z"', '1969-12-31T23:59:59.999999Z'],
  ['instant', '"2024-01-31T10:30:00.123456789Z"', undefined],
  ['instant', '"2024-01-31T25:30:00Z"', undefined],
  ['instant', '"yesterday"', undefined],
  ['instant', '1706697000', undefined],
  ['wallClock', '"2024-01-31T10:30:00"', '2024-01-31T10:30:00'],
  ['wallClock', '"2024-01-31T10:30:00.123"', '2024-01-31T10:30:00.123'],
  ['wallClock', '"2024-01-31T10:30:00.120000"', '2024-01-31T10:30:00.120'],
  ['wallClock', '"2024-01-31T10:30:00Z"', undefined],
  ['time', '"23:59:59"', '23:59:59'],
  ['time', '"23:59:59.999999"', '23:59:59.999999'],
  ['time', '"24:00:00"', undefined],
  ['time', '"10:00:00Z"', undefined],
  ['zonedTime', '"10:00:00Z"', '10:00:00Z'],
  ['zonedTime', '"10:00:00+00:00"', '10:00:00Z'],
  ['zonedTime', '"10:00:00.250-03:30"', '10:00:00.250-03:30'],
  ['zonedTime', '"10:00"', undefined],
  ['array', '[]', []],
  ['array', '[1,"a",null,{"b":[2]}]', [1, 'a', null, { b: [2] }]],
  ['array', '{"a":1}', undefined],
  ['object', '{}', {}],
  ['object', '{"b":1,"a":{"c":null}}', { b: 1, a: { c: null } }],
  ['object', '{"NaN":"Infinity"}', { NaN: 'Infinity' }],
  ['object', '"{}"', undefined],
  ['union', '"x"', 'x'],
  ['union', '5', 5],
  ['union', '{"a":[1.5]}', { a: [1.5] }],
  ['union', 'true', true],
];

/** The table of values: whether an engine reads them by itself or is given them checked, they come to the same. */
export function sqlValuesContract(name: string, open: (folder: string) => Promise<Driver>): void {
  describe(`${name} keeps values`, () => {
    it.each(['\n', '\r\n'] as const)(
      'holds what its columns can hold, and gives back exactly what came (%j)',
      async (ending) => {
        for (const kind of Object.keys(schemas) as Kind[]) {
          const mine = values.filter((value) => value[0] === kind);
          await using things = await landing(open, { v: schemas[kind] });
          await things.land(
            mine.map(([, text]) => `{"v":${text}}`),
            { ending },
          );
          const rows = await things.db.query(
            sql`SELECT v, _airbyte_meta AS m, _sluice_raw AS r FROM things ORDER BY _sluice_position`,
          );
          const held = rows.map((row, index) => ({
            in: mine[index]?.[1],
            out: row['v'],
            changes: changesOf(row['m']),
          }));
          expect(held).toEqual(
            mine.map(([, text, value]) => {
              const isCut = !things.db.dialect.holdsNul && text.includes('\\u0000');
              return {
                in: text,
                out: isCut ? String(value).replaceAll('\0', '') : (value ?? null),
                changes: value === undefined ? [nulled] : isCut ? [cut] : [],
              };
            }),
          );
          expect((await things.back()).map(unescaped)).toEqual(
            mine.map(([, text]) => unescaped(`{"v":${text}}`)),
          );
        }
      },
    );

    it.each(['NaN', '-inf', '[nan]', '"\u0001"', '[1,]', '1e', '01', "'x'"])(
      'refuses a RECORD with %j, which is no JSON',
      async (text) => {
        for (const place of ['v', 'undeclared']) {
          await using things = await landing(open, { v: schemas.union });
          const landed = things.land(['{"v":1}', `{"${place}":${text}}`]);
          await expect(landed).rejects.toThrow('a record for the table things is not JSON that can be kept');
          expect(await things.db.tables(things.db.dialect.defaultSchema)).toEqual([]);
        }
      },
    );

    it('tells null from absent, and keeps what no column holds', async () => {
      await using things = await landing(open, { a: schemas.integer, b: schemas.string });
      const datas = [
        '{"a":null,"b":null}',
        '{"a":1}',
        '{}',
        '{"b":"x"}',
        '{"a":1,"b":null,"c":[1.0]}',
        '{"c":null}',
      ];
      await things.land(datas);
      await things.land(datas, { ending: '\r\n' });
      expect(await things.back()).toEqual([...datas, ...datas]);
    });

    it('keeps no line of a record that comes back from its columns', async () => {
      const properties = {
        id: schemas.integer,
        at: schemas.instant,
        price: schemas.number,
        tags: schemas.array,
        note: schemas.string,
      };
      const usual = (id: number, zone: string): string =>
        `{"id":${id},"at":"2024-01-31T10:30:00${zone}","price":1.25,"tags":[{"a":1}],"note":"n\\n${id}"}`;
      for (const zone of ['Z', '+00:00']) {
        await using things = await landing(open, properties);
        await things.land([usual(1, zone), usual(2, zone)]);
        await things.land(['{"id":3,"note":"x"}', '{"id":4}']);
        expect((await things.rows()).map((row) => row['_sluice_raw'])).toEqual([null, null, null, null]);
        expect(await things.back()).toEqual([
          usual(1, zone),
          usual(2, zone),
          '{"id":3,"note":"x"}',
          '{"id":4}',
        ]);
      }
    });
  });
}

const cut = { field: 'v', change: 'TRUNCATED', reason: 'DESTINATION_SERIALIZATION_ERROR' };
const nulled = { field: 'v', change: 'NULLED', reason: 'DESTINATION_TYPECAST_ERROR' };

function changesOf(meta: unknown): unknown {
  return typeof meta === 'object' && meta !== null && 'changes' in meta ? meta.changes : undefined;
}

/** How a character is escaped is not part of what a text says. */
function unescaped(text: string): string {
  return text.replaceAll('\\u00e9', 'é');
}
