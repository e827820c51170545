import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DuckDBCache, records, sql } from '../../src/index.ts';
import { raw } from '../../src/sql/sql.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import type { CacheUnderTest } from './cache-contract.ts';

/** What every cache makes of its rows, besides giving them back. */
export function describeResults({ engine, open }: CacheUnderTest): void {
  describe(`results of a cache in ${engine}`, () => {
    const folder = inNewHome();

    it('writes rows to a Parquet file, exactly, under the names of the source', async () => {
      const { streams } = await records('people', rows, { schema }).read(open(folder(), 'parquet'));
      const people = streams['people'];
      const out = join(folder(), "it's");
      await using duckdb = new DuckDBCache({ dbPath: ':memory:' });
      const back = (path: string) =>
        duckdb.query(raw(`select * from read_parquet('${path.replaceAll("'", "''")}')`)).toArray();
      expect(await people?.toParquet(out)).toBe(3);
      expect(await back(out)).toEqual([
        { id: 9007199254740993n, 'Full Name': 'Ada', at: '2026-01-01T00:00:00.123456Z', n: 0.1, tags: ['a'] },
        { id: 2, 'Full Name': null, at: '1999-12-31T23:59:59Z', n: -5, tags: [] },
        { id: 3, 'Full Name': null, at: null, n: null, tags: null },
      ]);
      expect(await people?.filter(sql`id = ${2}`).toParquet(out)).toBe(1);
      expect((await back(out)).map((row) => row['id'])).toEqual([2]);
      expect(await people?.filter(sql`id = ${0}`).toParquet(out)).toBe(0);
      expect((await readdir(folder())).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      await expect(people?.toParquet(join(folder(), 'no', 'folder'))).rejects.toMatchObject({
        code: 'storage_failed',
      });
    });

    it('runs one statement a query, and says where there is none or there are several', async () => {
      const cache = open(folder(), 'statements');
      const { streams } = await records('people', rows, { schema }).read(cache);
      expect(
        await cache.query(sql`/* all */ select count(*) as n from people; -- of them`).toArray(),
      ).toEqual([{ n: 3 }]);
      for (const nothing of ['', ' ;', '-- select 1', '/* select 1', `${'/**/'.repeat(1000)};`]) {
        expect(() => cache.query(raw(nothing))).toThrow('nothing but spaces, semicolons or comments');
        expect(() => streams['people']?.filter(raw(nothing))).toThrow('people: filter is given nothing but');
      }
      await expect(cache.query(sql`select 1; select 2`).toArray()).rejects.toMatchObject({
        message: expect.stringContaining('these are several statements, and a query is one'),
      });
    });

    it('says that an index or a constraint of somebody else refuses a row, and keeps what was there', async () => {
      const cache = open(folder(), 'constraint');
      const people = records('people', rows, { schema });
      await people.read(cache, { writeStrategy: 'append', connection: 'people' });
      await cache.query(sql`create unique index of_theirs on people (id)`).toArray();
      const again = people.read(cache, { writeStrategy: 'append', connection: 'people' });
      await expect(again).rejects.toMatchObject({
        message: expect.stringMatching(/index or a constraint that Sluice has not made$/),
        guidance: expect.stringContaining('Drop it'),
      });
      expect(await (await cache.dataset('people')).count()).toBe(3);
    });

    it('counts its rows and says the bounds of its columns', async () => {
      const { streams } = await records('people', rows, { schema }).read(open(folder(), 'statistics'));
      const statistics = await streams['people']?.statistics();
      expect(statistics?.rows).toBe(3);
      expect(statistics?.firstExtractedAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
      expect(statistics?.columns).toEqual([
        { field: 'id', type: 'integer', nulls: 0, min: 2, max: 9007199254740993n },
        { field: 'Full Name', type: 'string', nulls: 2 },
        {
          field: 'at',
          type: 'timestamp_with_timezone',
          nulls: 1,
          min: '1999-12-31T23:59:59Z',
          max: '2026-01-01T00:00:00.123456Z',
        },
        { field: 'n', type: 'number', nulls: 1, min: -5, max: 0.1 },
        { field: 'tags', type: 'array', nulls: 1 },
      ]);
      const none = await streams['people']?.filter(sql`id = ${0}`).statistics();
      expect(none).toMatchObject({
        rows: 0,
        firstExtractedAt: null,
        columns: [{ nulls: 0, min: null }, {}, {}, {}, {}],
      });
    });
  });
}

const schema = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    'Full Name': { type: ['null', 'string'] },
    at: { type: 'string', format: 'date-time' },
    n: { type: 'number' },
    tags: { type: 'array' },
  },
};
const rows = [
  { id: 9007199254740993n, 'Full Name': 'Ada', at: '2026-01-01T00:00:00.123456Z', n: 0.1, tags: ['a'] },
  { id: 2, 'Full Name': null, at: '1999-12-31T23:59:59Z', n: -5, tags: [] },
  { id: 3 },
];
