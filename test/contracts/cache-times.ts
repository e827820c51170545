import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DuckDBCache, records, sql } from '../../src/index.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import type { CacheUnderTest } from './cache-contract.ts';

/** Dates and times as JavaScript, by a codec. */
export function describeTimes({ engine, open }: CacheUnderTest): void {
  describe(`dates and times of a cache in ${engine}`, () => {
    const folder = inNewHome();

    it('come back as the texts that the source gave, unless asked for otherwise', async () => {
      const { streams } = await records('events', [spelled], { schema }).read(open(folder(), 'texts'));
      expect(await streams['events']?.toArray()).toEqual([spelled]);
      expect(await streams['events']?.withTimes('string').toArray()).toEqual([spelled]);
    });

    it('come back as dates', async () => {
      const cache = open(folder(), 'dates', { times: 'date' });
      const { streams } = await records('events', rows, { schema }).read(cache);
      const [first, second, ...others] = (await streams['events']?.toArray()) ?? [];
      expect(first).toEqual({
        id: 1,
        day: new Date('1815-12-10T00:00:00Z'),
        at: new Date('2026-01-01T05:00:00.123Z'),
        wall: new Date('2026-01-01T10:30:00.5Z'),
        clock: '10:30:00',
        zoned: '10:30:00+05:30',
        name: '2026-01-01',
      });
      // What its column cannot hold is no date, null is null, and absent stays absent.
      expect(second).toEqual({ id: 2, at: 'yesterday', day: null });
      expect(others).toEqual([]);
    });

    it('come back from queries as dates', async () => {
      const cache = open(folder(), 'queries', { times: 'date' });
      const { streams } = await records('events', rows, { schema }).read(cache);
      const expected = [
        {
          day: new Date('1815-12-10T00:00:00Z'),
          wall: new Date('2026-01-01T10:30:00.5Z'),
          clock: '10:30:00',
        },
      ];
      const asked = sql`select day, wall, clock from events where id = 1`;
      expect(await cache.query(asked).toArray()).toEqual(expected);
      const inner = sql`select day, wall, clock from rows where id = 1`;
      expect(await streams['events']?.query(inner).toArray()).toEqual(expected);
    });

    it('come back as what a function makes of them, in one spelling', async () => {
      const { streams } = await records('events', rows, { schema }).read(open(folder(), 'own'));
      const seen = streams['events']?.filter(sql`id = 1`).withTimes((text, type) => `${type} ${text}`);
      const expected = {
        day: 'date 1815-12-10',
        at: 'timestamp_with_timezone 2026-01-01T05:00:00.123456Z',
        wall: 'timestamp_without_timezone 2026-01-01T10:30:00.500',
        clock: 'time_without_timezone 10:30:00',
        zoned: 'time_with_timezone 10:30:00+05:30',
      };
      expect(await seen?.toArray()).toMatchObject([expected]);
      expect(await seen?.query(sql`select day, "at", wall, clock, zoned from rows`).toArray()).toEqual([
        expected,
      ]);
    });

    it('go into files, and on to other places, as they are', async () => {
      const cache = open(folder(), 'files', { times: 'date' });
      const { streams } = await records('events', [spelled], { schema }).read(cache);
      const events = streams['events'];
      await events?.toJsonl(join(folder(), 'events.jsonl'));
      expect(JSON.parse(await readFile(join(folder(), 'events.jsonl'), 'utf8'))).toEqual(spelled);
      await events?.toCsv(join(folder(), 'events.csv'));
      expect(await readFile(join(folder(), 'events.csv'), 'utf8')).toContain(spelled.at);
      await events?.query(sql`select wall from rows`).toJsonl(join(folder(), 'wall.jsonl'));
      expect(await readFile(join(folder(), 'wall.jsonl'), 'utf8')).toBe(
        '{"wall":"2026-01-01T10:30:00.500"}\n',
      );
      expect(await events?.toParquet(join(folder(), 'events.parquet'))).toBe(1);
      await using duckdb = new DuckDBCache({ dbPath: ':memory:' });
      const file = join(folder(), 'events.parquet');
      expect(await duckdb.query(sql`select "at" from read_parquet(${file})`).toArray()).toEqual([
        { at: '2026-01-01T05:00:00.123456Z' },
      ]);
    });

    it('stop a read whose function fails, and refuse what is no codec', async () => {
      const { streams } = await records('events', [spelled], { schema }).read(open(folder(), 'failing'));
      const failing = streams['events']?.withTimes(() => {
        throw new Error('broken');
      });
      await expect(failing?.toArray()).rejects.toMatchObject({
        code: 'callback_failed',
        message: expect.stringMatching(/^the function given as times failed on \S+ \(\w+\): broken$/),
      });
      expect(() => streams['events']?.withTimes('dates' as never)).toThrow(/"string", "date" or a function/);
    });
  });
}

const schema = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    day: { type: ['null', 'string'], format: 'date' },
    at: { type: 'string', format: 'date-time' },
    wall: { type: 'string', format: 'date-time', airbyte_type: 'timestamp_without_timezone' },
    clock: { type: 'string', format: 'time' },
    zoned: { type: 'string', format: 'time', airbyte_type: 'time_with_timezone' },
    name: { type: 'string' },
  },
};
const spelled = {
  id: 1,
  day: '1815-12-10',
  at: '2026-01-01T10:30:00.123456+05:30',
  wall: '2026-01-01 10:30:00.5',
  clock: '10:30:00',
  zoned: '10:30:00+05:30',
  name: '2026-01-01',
};
const rows = [spelled, { id: 2, at: 'yesterday', day: null }];
