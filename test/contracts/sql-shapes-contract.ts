import { describe, expect, it } from 'vitest';
import type { Driver } from '../../src/sql/driver.ts';
import { sql } from '../../src/sql/sql.ts';
import { landing, schemas } from '../sql/landing.ts';

/** Streams that are wide, long, oddly named or empty. */
export function sqlShapesContract(name: string, open: (folder: string) => Promise<Driver>): void {
  describe(`${name} takes unusual shapes`, () => {
    it('holds a thousand columns', async () => {
      const fields = Array.from({ length: 1000 }, (_, index) => `field ${index}`);
      await using things = await landing(
        open,
        Object.fromEntries(fields.map((field) => [field, schemas.string])),
      );
      const data = JSON.stringify(Object.fromEntries(fields.map((field) => [field, `value of ${field}`])));
      await things.land([data, data]);
      expect(await things.back()).toEqual([data, data]);
      const [row] = await things.db.query(sql`SELECT * FROM things`);
      expect(row).toMatchObject({ field_0: 'value of field 0' });
      expect(row?.['field_999'] === null).toBe(things.db.dialect.rowLimit !== undefined);
    });

    it('holds fields with names of any kind', async () => {
      const fields = [
        'select',
        'a"b',
        "it's",
        'Ünïcode',
        '名前',
        '$',
        'x'.repeat(300),
        '1st',
        '__proto__',
        'c.d',
      ];
      const properties = Object.fromEntries(fields.map((field) => [field, schemas.integer]));
      Object.defineProperty(properties, '__proto__', { value: schemas.integer, enumerable: true });
      await using things = await landing(open, properties);
      const data = `{${fields.map((field, index) => `${JSON.stringify(field)}:${index}`).join(',')}}`;
      await things.land([data]);
      await things.land([data], { ending: '\r\n' });
      expect(await things.back()).toEqual([data, data]);
      expect((await things.rows()).map((row) => row['_sluice_raw'])).toEqual([null, null]);
    });

    it('merges by fields that bear the names of columns that engines have', async () => {
      const own = ['rowid', 'oid', '_rowid_', 'ctid', 'xmin', 'tableoid', 'key', 'value'];
      await using things = await landing(
        open,
        Object.fromEntries(own.map((field) => [field, schemas.integer])),
        { primaryKey: [['rowid']] },
      );
      const data = (id: number): string => `{${own.map((field) => `"${field}":${id}`).join(',')}}`;
      await things.land([data(5), data(3), data(5)], { strategy: 'merge' });
      await things.land([data(3)], { strategy: 'merge' });
      expect(await things.back()).toEqual([data(5), data(3)]);
    });

    it('keeps records of a schema without properties', async () => {
      await using things = await landing(open, {});
      await things.land(['{"a":1,"b":[2.0]}', '{}']);
      expect(await things.back()).toEqual(['{"a":1,"b":[2.0]}', '{}']);
    });

    it('reads lines of megabytes', async () => {
      await using things = await landing(open, { text: schemas.string });
      const datas = ['x', 'y'.repeat(3_000_000), 'z'.repeat(9_000_000)].map((text) => `{"text":"${text}"}`);
      for (const data of datas) await things.land([data]);
      expect((await things.back()).map((text) => text.length)).toEqual(datas.map((data) => data.length));
    });

    it('reads many long lines in one load, whatever stands in them', async () => {
      await using things = await landing(open, { text: schemas.string, other: schemas.string });
      const text = 'x, "y", '.repeat(237_500);
      const datas = Array.from({ length: 18 }, (_, id) =>
        JSON.stringify({ text: `${id}${text}`, other: id % 2 === 0 ? null : '' }),
      );
      await things.land(datas);
      const back = await things.back();
      expect(back.map((text, index) => text === datas[index])).toEqual(datas.map(() => true));
    });

    it('passes over blank lines', async () => {
      await using things = await landing(open, { v: schemas.number });
      await things.land(['{"v":1}', '{"v":2}'], { ending: '\n\n' });
      expect(await things.back()).toEqual(['{"v":1}', '{"v":2}']);
    });
  });
}
