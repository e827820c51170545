import { describe, expect, it } from 'vitest';
import type { Driver } from '../../src/sql/driver.ts';
import { sql } from '../../src/sql/sql.ts';
import { landing, schemas } from '../sql/landing.ts';
import { kinds, values } from './sql-values.ts';

/** The table of values: whether an engine reads them by itself or is given them checked, they come to the same. */
export function sqlValuesContract(name: string, open: (folder: string) => Promise<Driver>): void {
  describe(`${name} keeps values`, () => {
    it.each(['\n', '\r\n'] as const)(
      'holds what its columns can hold, and gives back exactly what came (%j)',
      async (ending) => {
        for (const kind of kinds) {
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
  return text.replaceAll('\\u00e9', 'é').replaceAll('\\ufeff', '\ufeff');
}
