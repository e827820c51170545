import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Cache } from '../../src/caches/cache.ts';
import type { Retention } from '../../src/caches/retention.ts';
import { defineSource, getDestination, getSource, ident, records, sql } from '../../src/index.ts';
import { LosslessNumber } from '../../src/protocol/lossless-json.ts';
import type { TimeCodec } from '../../src/sql/time-codec.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import { cacheFieldsContract } from './cache-fields.ts';
import { describeFiles } from './cache-files.ts';
import { cacheNamesContract } from './cache-names.ts';
import { cacheOwnersContract } from './cache-owners.ts';
import { describeResults } from './cache-results.ts';
import { describeRetention } from './cache-retention.ts';
import { describeSending } from './cache-sending.ts';
import { counting, failingAfter, idsOf, keyed } from './cache-sources.ts';
import { describeTimes } from './cache-times.ts';

export interface CacheUnderTest {
  readonly engine: string;
  /** A new cache over a database of that name in the folder; the same name is the same database. */
  open(
    folder: string,
    name: string,
    options?: { schemaName?: string; tablePrefix?: string; retention?: Retention; times?: TimeCodec },
  ): Cache;
}

/** What every cache does, whatever its engine. */
export function describeCache(cache: CacheUnderTest): void {
  describeFiles(cache);
  describeSending(cache);
  describeRetention(cache);
  describeResults(cache);
  describeTimes(cache);
  const { engine, open } = cache;
  describe(`a cache in ${engine}`, () => {
    const folder = inNewHome();

    it('gives rows back as they went in', async () => {
      const rows = [
        { id: 1, name: 'Ada', tags: ['a', 'b'], born: '1815-12-10', at: '2026-01-01T10:30:00.123456+05:30' },
        { id: 2, name: null, tags: [], born: null, at: '2026-01-01T00:00:00Z' },
        { id: 3, name: '', extra: { undeclared: true } },
        {
          id: 9007199254740993n,
          name: 'naïve — 日本',
          tags: null,
          price: new LosslessNumber('0.1000000000000000055'),
        },
      ];
      const cache = open(folder(), 'rows');
      const { streams, summary } = await records('people', rows, { schema: peopleSchema }).read(cache);
      expect(summary.records).toEqual({ read: 4, confirmed: 4, rejected: 0 });
      expect(Object.keys(streams)).toEqual(['people']);
      expect(await streams['people']?.toArray()).toEqual(rows);
      expect(await streams['people']?.count()).toBe(4);
      expect(streams['people']?.jsonSchema).toMatchObject({ properties: peopleSchema.properties });
    });

    it('goes on where the last read ended, also from another object', async () => {
      const first = await counting(5).read(open(folder(), 'more'));
      expect(first.summary.records.read).toBe(5);
      const second = await counting(8).read(open(folder(), 'more'));
      expect(second.summary.records.read).toBe(3);
      const third = await counting(8).read(open(folder(), 'more'));
      expect(third.summary.records.read).toBe(0);
      expect(await idsOf(third.dataset('counted'))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    it('reads all again when told to, and keeps what was there', async () => {
      const cache = open(folder(), 'again');
      await counting(2).read(cache);
      const { streams, summary } = await counting(2).read(cache, { forceFullRefresh: true });
      expect(summary.records.read).toBe(2);
      expect(await idsOf(streams['counted'])).toEqual([1, 2, 1, 2]);
    });

    it('merges by the key, the last of a batch included', async () => {
      const cache = open(folder(), 'merge');
      const version = (id: number, v: string) => ({ id, v });
      await keyed([version(1, 'a'), version(2, 'a'), version(1, 'b')]).read(cache);
      const { streams } = await keyed([version(2, 'b'), version(3, 'a')]).read(cache);
      const rows = await streams['keyed']?.toArray();
      expect(rows?.toSorted((a, b) => Number(a['id']) - Number(b['id']))).toEqual([
        version(1, 'b'),
        version(2, 'b'),
        version(3, 'a'),
      ]);
    });

    it('replaces a stream as a whole, also by nothing, and only when it has come to its end', async () => {
      const cache = open(folder(), 'replace');
      const replace = (rows: Iterable<unknown>) =>
        records('numbers', rows, { schema: idSchema }).read(cache, { writeStrategy: 'replace' });
      await replace([{ id: 1 }, { id: 2 }]);
      expect(await idsOf(await cache.dataset('numbers'))).toEqual([1, 2]);
      await expect(replace(failingAfter([{ id: 3 }]))).rejects.toThrow('broken');
      expect(await idsOf(await cache.dataset('numbers'))).toEqual([1, 2]);
      await replace([{ id: 4 }]);
      expect(await idsOf(await cache.dataset('numbers'))).toEqual([4]);
      await replace([]);
      expect(await (await cache.dataset('numbers')).count()).toBe(0);
    });

    it('keeps what states cover when a source fails, and nothing behind it', async () => {
      const cache = open(folder(), 'broken');
      const before = (id: number) => {
        if (id === 8) throw new Error('broken');
      };
      await expect(counting(10, { before }).read(cache)).rejects.toThrow('broken');
      expect(await idsOf(await cache.dataset('counted'))).toEqual([1, 2, 3, 4, 5, 6]);
      const { streams, summary } = await counting(10).read(cache);
      expect(summary.records.read).toBe(4);
      expect(await idsOf(streams['counted'])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    it('takes new fields into its tables', async () => {
      const cache = open(folder(), 'evolve');
      const read = (rows: readonly unknown[], properties: Readonly<Record<string, unknown>>) =>
        records('wide', rows, { schema: { type: 'object', properties } }).read(cache, {
          writeStrategy: 'append',
        });
      await read([{ a: 1 }], { a: { type: 'integer' } });
      const { streams } = await read([{ a: 2, b: 'x' }], { a: { type: 'integer' }, b: { type: 'string' } });
      const rows = await streams['wide']?.toArray();
      expect(rows?.map((row) => [row['a'], row['b'] ?? null])).toEqual([
        [1, null],
        [2, 'x'],
      ]);
    });

    it('refuses a table of another source, unless it is told by a prefix', async () => {
      await records('people', [{ id: 1 }]).read(open(folder(), 'shared'));
      const other = getSource(
        defineSource({ name: 'source-other', streams: [{ name: 'people', read: () => [{ id: 2 }] }] }),
      );
      await expect(other.read(open(folder(), 'shared'))).rejects.toMatchObject({
        code: 'input_invalid',
        message: expect.stringMatching(/^table people is filled by .* already/),
        guidance: expect.stringContaining('tablePrefix'),
      });
      const { streams } = await other.read(open(folder(), 'shared', { tablePrefix: 'A_' }));
      expect(await idsOf(streams['people'])).toEqual([2]);
      const plain = await open(folder(), 'shared').dataset('people');
      expect(await idsOf(plain)).toEqual([1]);
    });

    it('filters and asks by bound values, which no text can break out of', async () => {
      const rows = [
        { id: 1, name: "Robert'); drop table people; --" },
        { id: 2, name: 'Ada' },
      ];
      const cache = open(folder(), 'asked');
      const { streams } = await records('people', rows, { schema: peopleSchema }).read(cache);
      const people = streams['people'];
      expect(await idsOf(people?.filter(sql`name = ${rows[0]?.name ?? ''}`))).toEqual([1]);
      expect(await people?.filter(sql`id > ${0}`).filter(sql`name = ${'Ada'}`).count()).toBe(1);
      expect(await people?.query(sql`select name from rows order by id desc`).toArray()).toEqual([
        { name: 'Ada' },
        { name: rows[0]?.name },
      ]);
      expect(await cache.query(sql`select count(*) as n from ${ident('people')}`).toArray()).toEqual([
        { n: 2 },
      ]);
      expect(await people?.query(sql`select id from rows where id < 2 ;\n`).toArray()).toEqual([{ id: 1 }]);
      expect(await idsOf(people?.filter(sql`id < 2 -- the first`))).toEqual([1]);
      expect(await cache.query(sql`select 1 as a, 2 as a`).toArray()).toEqual([{ a: 1, 'a:1': 2 }]);
      await expect(cache.query(sql`select 1 as a; select ';' as b`).toArray()).rejects.toThrow();
      expect(await cache.query(sql`select ';' || 'x' as a;`).toArray()).toEqual([{ a: ';x' }]);
      const text = 'id = 1 or true' as unknown as ReturnType<typeof sql>;
      expect(() => people?.filter(text)).toThrow(/made by the sql template/);
    });

    it('can be left in the middle of its rows', async () => {
      const { streams } = await counting(3000).read(open(folder(), 'left'));
      for await (const row of streams['counted'] ?? []) {
        expect(row).toEqual({ id: 1 });
        break;
      }
      expect(await streams['counted']?.count()).toBe(3000);
    });

    it('begins a stream anew that was dropped, and leaves the others', async () => {
      const cache = open(folder(), 'dropped');
      await counting(2).read(cache);
      await keyed([{ id: 1, v: 'a' }]).read(cache);
      await cache.drop('counted');
      expect((await cache.streams()).map(({ label }) => label)).toEqual(['keyed']);
      const { streams, summary } = await counting(3).read(cache);
      expect(summary.records.read).toBe(3);
      expect(await idsOf(streams['counted'])).toEqual([1, 2, 3]);
      await expect(cache.drop('nothing')).rejects.toMatchObject({ code: 'stream_unknown' });
    });

    it('reads a stream from its beginning whose table somebody has dropped, and says so', async () => {
      const cache = open(folder(), 'lost');
      await counting(3).read(cache);
      await keyed([{ id: 1, v: 'a' }]).read(cache);
      await cache.query(sql`drop table counted`).toArray();
      const { streams, summary } = await counting(4).read(cache);
      expect(summary.warnings).toMatchObject([{ code: 'stream_restarted', stream: 'counted' }]);
      expect(await idsOf(streams['counted'])).toEqual([1, 2, 3, 4]);
      expect((await counting(4).read(cache)).summary).toMatchObject({ records: { read: 0 }, warnings: [] });
    });

    it('keeps the states of writes that go elsewhere', async () => {
      const write = (count: number) =>
        getDestination('jsonl', { path: join(folder(), 'out') }).write(counting(count), {
          stateCache: open(folder(), 'states'),
        });
      expect((await write(4)).records.read).toBe(4);
      expect((await write(6)).records.read).toBe(2);
    });

    it('lets one run at a time have a connection', async () => {
      const cache = open(folder(), 'busy');
      await using _ = await cache.open('held' as never);
      await expect(counting(1).read(cache, { connection: 'held' })).rejects.toMatchObject({
        code: 'state_busy',
      });
    });

    cacheNamesContract((name) => open(folder(), name));
    cacheFieldsContract((name) => open(folder(), name));
    cacheOwnersContract((name, options) => open(folder(), name, options));

    it('says which streams it holds', async () => {
      const cache = open(folder(), 'listed');
      expect(await cache.streams()).toEqual([]);
      await expect(cache.dataset('people')).rejects.toThrow(/holds no streams yet/);
      await records('people', [{ id: 1 }]).read(cache);
      expect((await cache.streams()).map(({ label }) => label)).toEqual(['people']);
      await expect(cache.dataset('poeple')).rejects.toMatchObject({ code: 'stream_unknown' });
    });
  });
}

const idSchema = { type: 'object', properties: { id: { type: 'integer' } } };
const peopleSchema = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    name: { type: ['null', 'string'] },
    tags: { type: ['null', 'array'], items: { type: 'string' } },
    born: { type: ['null', 'string'], format: 'date' },
    at: { type: 'string', format: 'date-time' },
    price: { type: 'number' },
  },
};
