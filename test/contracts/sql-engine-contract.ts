import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Driver } from '../../src/sql/driver.ts';
import { sideTable, swapIn } from '../../src/sql/land.ts';
import { ident, sql } from '../../src/sql/sql.ts';
import { landing, schemas, tableOf } from '../sql/landing.ts';
import { sqlShapesContract } from './sql-shapes-contract.ts';
import { sqlValuesContract } from './sql-values-contract.ts';

/** What every engine promises to the SQL layer. `open` opens a new database, whose files lie in the folder. */
export function sqlEngineContract(name: string, open: (folder: string) => Promise<Driver>): void {
  sqlValuesContract(name, open);
  sqlShapesContract(name, open);

  describe(`${name} lands records`, () => {
    it('appends what comes, in the order in which it came', async () => {
      await using things = await landing(open, { id: schemas.integer, note: schemas.string });
      const datas = Array.from(
        { length: 30_000 },
        (_, id) => `{"id":${id},"note":${JSON.stringify(`note ${id % 97}`)}}`,
      );
      // A line in a thousand that no engine reads by itself must keep its place.
      const odd = datas.map((data, id) => (id % 1000 === 7 ? `{"id":${id}.0,"note":"odd"}` : data));
      await things.land(odd);
      await things.land(['{"id":30000,"note":"last"}']);
      expect(await things.back()).toEqual([...odd, '{"id":30000,"note":"last"}']);
    });

    it('marks each row: an id, when it was read, of which sync and generation, and its place', async () => {
      await using things = await landing(open, { id: schemas.integer });
      await things.land(['{"id":1}', '{"id":2}']);
      const rows = await things.db.query(sql`SELECT * FROM things ORDER BY _sluice_position`);
      expect(rows).toMatchObject([
        {
          _airbyte_extracted_at: '1970-01-01T00:00:00Z',
          _airbyte_meta: { sync_id: 7, changes: [] },
          _airbyte_generation_id: 3,
          _sluice_position: 1,
          _sluice_raw: null,
        },
        { _airbyte_extracted_at: '1970-01-01T00:00:00.001Z', _sluice_position: 2 },
      ]);
      const ids = rows.map((row) => row['_airbyte_raw_id']);
      expect(ids.map(String).every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/.test(id))).toBe(true);
      expect(new Set(ids).size).toBe(2);
    });

    it('merges: the latest of each key stays, also within a batch', async () => {
      await using things = await landing(
        open,
        { id: schemas.integer, at: schemas.integer, v: schemas.string },
        { primaryKey: [['id']], cursor: ['at'] },
      );
      await things.land(['{"id":1,"at":5,"v":"a"}', '{"id":2,"at":1,"v":"b"}', '{"id":1,"at":4,"v":"c"}'], {
        strategy: 'merge',
      });
      await things.land(
        ['{"id":1,"at":4,"v":"late"}', '{"id":2,"at":1,"v":"again"}', '{"id":3,"at":null,"v":"d"}'],
        { strategy: 'merge' },
      );
      expect(await things.back()).toEqual([
        '{"id":1,"at":5,"v":"a"}',
        '{"id":2,"at":1,"v":"again"}',
        '{"id":3,"at":null,"v":"d"}',
      ]);
    });

    it('merges by composite and nested keys, in which null is a value', async () => {
      await using things = await landing(
        open,
        {
          org: schemas.string,
          who: { type: 'object', properties: { id: schemas.integer } },
          v: schemas.integer,
        },
        { primaryKey: [['org'], ['who', 'id']] },
      );
      const datas = [
        '{"org":"a","who":{"id":1},"v":1}',
        '{"org":"a","who":{"id":2},"v":2}',
        '{"org":null,"who":{"id":1},"v":3}',
        '{"org":null,"who":{"id":1},"v":4}',
        '{"org":"a","who":{"id":1},"v":5}',
      ];
      for (const data of datas) await things.land([data], { strategy: 'merge' });
      expect(await things.back()).toEqual([datas[1], datas[3], datas[4]]);
    });

    it('never merges rows whose key the column cannot hold', async () => {
      await using things = await landing(
        open,
        { id: schemas.integer, v: schemas.integer },
        { primaryKey: [['id']] },
      );
      const datas = [
        '{"id":99999999999999999999,"v":1}',
        '{"id":88888888888888888888,"v":2}',
        '{"id":null,"v":3}',
        '{"id":null,"v":4}',
      ];
      await things.land(datas, { strategy: 'merge' });
      expect(await things.back()).toEqual([datas[0], datas[1], datas[3]]);
    });

    it('merges by a key and a cursor whose types have changed', async () => {
      const keys = { primaryKey: [['id']], cursor: ['at'] };
      const numbers = { id: schemas.integer, at: schemas.integer, v: schemas.integer };
      const texts = { id: schemas.string, at: schemas.string, v: schemas.integer };
      await using things = await landing(open, numbers, keys);
      await things.land(['{"id":1,"at":1,"v":1}', '{"id":2,"at":2,"v":2}'], { strategy: 'merge' });
      const changed = tableOf(things.db, texts, keys).table;
      const datas = ['{"id":"1","at":"1","v":3}', '{"id":"1","at":"2","v":4}', '{"id":"b","at":"1","v":5}'];
      for (const data of datas) await things.land([data], { strategy: 'merge', table: changed });
      await things.land(['{"id":1,"at":3,"v":6}'], { strategy: 'merge' });
      expect(await things.back()).toEqual([
        '{"id":2,"at":2,"v":2}',
        datas[1],
        datas[2],
        '{"id":1,"at":3,"v":6}',
      ]);
    });

    it('replaces in one step, also by nothing, and not before the end', async () => {
      await using things = await landing(open, { id: schemas.integer });
      await things.land(['{"id":1}', '{"id":2}']);
      const { table } = tableOf(things.db, { id: schemas.integer });
      await things.land(['{"id":3}'], { table: sideTable(table) });
      expect(await things.db.query(sql`SELECT id FROM things ORDER BY id`)).toEqual([{ id: 1 }, { id: 2 }]);
      await things.db.transaction((session) => swapIn(session, table));
      expect(await things.db.query(sql`SELECT id, _sluice_position AS place FROM things`)).toEqual([
        { id: 3, place: 3 },
      ]);
      await things.db.transaction((session) => swapIn(session, table));
      expect(await things.db.query(sql`SELECT id FROM things`)).toEqual([]);
      expect(await things.db.tables(things.db.dialect.defaultSchema)).toEqual(['things']);
    });

    it('leaves no file and no staging table behind', async () => {
      await using things = await landing(open, { id: schemas.integer });
      await things.land(['{"id":1}', '{"id":1.0}']);
      expect(readdirSync(things.folder).filter((file) => file.startsWith('rows'))).toEqual([]);
      expect(await things.db.tables(things.db.dialect.defaultSchema)).toEqual(['things']);
    });
  });

  describe(`${name} changes tables with their schemas`, () => {
    it('adds new columns and keeps those that vanish', async () => {
      await using things = await landing(open, { id: schemas.integer, old: schemas.string });
      await things.land(['{"id":1,"old":"x"}']);
      const { table } = tableOf(things.db, { id: schemas.integer, fresh: schemas.number });
      const evolved = await things.land(['{"id":2,"fresh":1.5}'], { table });
      expect(evolved).toMatchObject({ created: false, added: ['fresh'], widened: [] });
      expect(await things.db.query(sql`SELECT id, old, fresh FROM things ORDER BY id`)).toEqual([
        { id: 1, old: 'x', fresh: null },
        { id: 2, old: null, fresh: 1.5 },
      ]);
    });

    it.each([
      ['integer', 'number', '7', '1.5'],
      ['integer', 'string', '7', '"x"'],
      ['number', 'string', '1.5', '"x"'],
      ['boolean', 'integer', 'true', '1'],
      ['date', 'string', '"2024-02-29"', '"soon"'],
      ['instant', 'string', '"2024-02-29T10:00:00.5Z"', '"soon"'],
      ['instant', 'wallClock', '"2024-02-29T10:00:00.123456Z"', '"2024-02-29T10:00:00"'],
      ['zonedTime', 'string', '"10:00:00+05:30"', '"soon"'],
      ['object', 'array', '{"a":1}', '[1]'],
      ['string', 'union', '"x"', '{"a":1}'],
      ['union', 'string', '{"a":1}', '"x"'],
      ['number', 'integer', '1.5', '7'],
    ] as const)('keeps values where %s becomes %s', async (held, wanted, before, after) => {
      await using things = await landing(open, { v: schemas[held] });
      await things.land([`{"v":${before}}`]);
      const { table } = tableOf(things.db, { v: schemas[wanted] });
      await things.land([`{"v":${after}}`], { table });
      expect(await things.back()).toEqual([`{"v":${before}}`, `{"v":${after}}`]);
      const rows = await things.db.query(sql`SELECT v FROM things ORDER BY _sluice_position`);
      expect(rows.every((row) => row['v'] !== null)).toBe(true);
    });

    it('rounds no integer that a number cannot hold', async () => {
      await using things = await landing(open, { v: schemas.integer });
      await things.land(['{"v":9007199254740993}']);
      const { table } = tableOf(things.db, { v: schemas.number });
      await things.land(['{"v":0.5}'], { table });
      expect(await things.db.query(sql`SELECT v FROM things ORDER BY _sluice_position`)).toEqual([
        { v: 9007199254740993n },
        { v: 0.5 },
      ]);
    });

    it('refuses a table that is not ours, and a column that a person has changed', async () => {
      await using things = await landing(open, { id: schemas.integer });
      await things.db.run(sql`CREATE TABLE things (id INTEGER)`);
      await expect(things.land(['{"id":1}'])).rejects.toThrow(
        'there is a table things already that Sluice has not made',
      );
      const { table } = tableOf(things.db, { id: schemas.integer });
      await expect(things.db.transaction((session) => swapIn(session, table))).rejects.toThrow('not made');
      await things.db.run(sql`DROP TABLE things`);
      await things.land(['{"id":1}']);
      await things.db.run(sql`ALTER TABLE things DROP COLUMN id`);
      await things.db.run(sql`ALTER TABLE things ADD COLUMN id SMALLINT`);
      await expect(things.land(['{"id":1}'])).rejects.toThrow('the column id of the table things is of type');
      await things.db.run(sql`ALTER TABLE things DROP COLUMN _airbyte_meta`);
      await expect(things.land(['{"id":1}'])).rejects.toThrow(
        'the table things lacks _airbyte_meta, which Sluice',
      );
    });
  });

  describe(`${name} runs statements`, () => {
    it('undoes all of a transaction that fails, and is usable afterwards', async () => {
      await using things = await landing(open, { id: schemas.integer });
      await things.land(['{"id":1}']);
      const failing = things.db.transaction(async (session) => {
        await session.run(sql`CREATE TABLE other (id INTEGER)`);
        await session.run(sql`DELETE FROM things`);
        await session.run(sql`SELECT * FROM nowhere`);
      });
      await expect(failing).rejects.toMatchObject({ context: { failure: 'undefined_relation' } });
      expect(await things.back()).toEqual(['{"id":1}']);
      expect(await things.db.tables(things.db.dialect.defaultSchema)).toEqual(['things']);
    });

    it('stops a statement when the signal aborts', async () => {
      await using things = await landing(open, {});
      const stop = new AbortController();
      const endless = things.db.query(
        sql`WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted) SELECT n FROM counted`,
        { signal: stop.signal },
      );
      setImmediate(() => stop.abort());
      await expect(endless).rejects.toMatchObject({ code: 'stopped' });
      expect(await things.db.query(sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
    });

    it('binds values, whatever they contain, and quotes names', async () => {
      await using things = await landing(open, {});
      const rude = `'; DROP TABLE "things"; --\u{1f600}`;
      expect(
        await things.db.query(
          sql`SELECT ${rude} AS ${ident(`a "b"`)}, ${1.5} AS n, ${2n ** 62n} AS i, ${null} AS z`,
        ),
      ).toEqual([{ 'a "b"': rude, n: 1.5, i: 2n ** 62n, z: null }]);
    });

    it('gives rows piece by piece while others are written', async () => {
      await using things = await landing(open, { id: schemas.integer });
      await things.land(Array.from({ length: 10_000 }, (_, id) => `{"id":${id}}`));
      let rows = 0;
      for await (const some of things.db.stream(sql`SELECT id FROM things`)) {
        if (rows === 0) await things.land(['{"id":10000}']);
        rows += some.length;
      }
      expect(rows).toBe(10_000);
    });

    it('keeps transactions apart, one after the other', async () => {
      await using things = await landing(open, { id: schemas.integer });
      await Promise.all(Array.from({ length: 5 }, (_, id) => things.land([`{"id":${id}}`])));
      expect(await things.back()).toHaveLength(5);
    });
  });
}
