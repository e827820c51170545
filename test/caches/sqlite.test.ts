import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SQLiteCache } from '../../src/caches/sqlite.ts';
import { records } from '../../src/connectors/records.ts';
import { raw, sql } from '../../src/sql/sql.ts';
import { withoutRights } from '../fixtures/without-rights.ts';

let folder: string;
let home: string;
let dbPath: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sqlite-cache-'));
  dbPath = join(folder, 'a.sqlite');
  home = await mkdtemp(join(tmpdir(), 'sqlite-home-'));
  vi.stubEnv('SLUICE_DIR', home);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const made of [folder, home]) await rm(made, { recursive: true, force: true });
});

const rows = [{ id: 1 }, { id: 2 }];
const append = { writeStrategy: 'append' } as const;

describe('a SQLite file', () => {
  it('is read while it is written, and written by several in turn', async () => {
    const { streams } = await records('people', rows).read(new SQLiteCache({ dbPath }), append);
    let seen = 0;
    for await (const _ of streams['people'] ?? []) {
      if (seen === 0) {
        const reads = ['a', 'b', 'c'].map((tablePrefix) =>
          records('people', rows).read(new SQLiteCache({ dbPath, tablePrefix }), append),
        );
        await Promise.all(reads);
      }
      seen += 1;
    }
    expect(seen).toBe(2);
    const tables = await new SQLiteCache({ dbPath }).query(sql`pragma table_list`).toArray();
    const ours = tables.map(({ name }) => String(name)).filter((name) => name.endsWith('people'));
    expect(ours.toSorted()).toEqual(['apeople', 'bpeople', 'cpeople', 'people']);
    expect(await readdir(folder)).toEqual(['a.sqlite']);
  });

  it('that is none is refused in one line, and left as it is', async () => {
    await writeFile(dbPath, 'not a database');
    await expect(records('people', rows).read(new SQLiteCache({ dbPath }))).rejects.toMatchObject({
      message: expect.stringMatching(/^[^\n]*a\.sqlite: the file is not a SQLite database$/),
    });
  });

  it('of a newer Sluice is refused', async () => {
    const cache = new SQLiteCache({ dbPath });
    await records('people', rows).read(cache);
    await cache.query(sql`update _sluice_format set version = 2 returning version`).toArray();
    await expect(records('people', rows).read(cache)).rejects.toMatchObject({
      code: 'state_damaged',
      message: expect.stringContaining('newer Sluice'),
    });
  });

  it('keeps a table that is not ours', async () => {
    const cache = new SQLiteCache({ dbPath });
    expect(await cache.query(sql`create table people as select 7 as seven`).toArray()).toEqual([]);
    await expect(records('people', rows).read(cache)).rejects.toThrow(/people is there already/);
    expect(await cache.query(sql`select * from people`).toArray()).toEqual([{ seven: 7 }]);
  });

  it('is not written through a cache that only reads', async () => {
    await records('people', rows).read(new SQLiteCache({ dbPath }));
    const cache = new SQLiteCache({ dbPath, readOnly: true });
    expect(await (await cache.dataset('people')).count()).toBe(2);
    await expect(cache.drop('people')).rejects.toThrow('it cannot be written');
    const none = new SQLiteCache({ dbPath: join(folder, 'none.sqlite'), readOnly: true });
    await expect(none.streams()).rejects.toThrow('the file cannot be opened');
    expect(existsSync(none.dbPath)).toBe(false);
  });

  it('is read in a folder that cannot be written to, and left alone by those who only read', async () => {
    await records('people', rows).read(new SQLiteCache({ dbPath }));
    const cache = new SQLiteCache({ dbPath, readOnly: true });
    expect(await (await cache.dataset('people')).toArray()).toEqual(rows);
    expect(await readdir(folder)).toEqual(['a.sqlite']);
    await using _ = await withoutRights(folder);
    expect(await (await cache.dataset('people')).toArray()).toEqual(rows);
    await expect(cache.query(sql`drop table people`).toArray()).rejects.toMatchObject({
      message: expect.stringContaining('it only reads here'),
      guidance: expect.stringContaining('only read'),
    });
    expect(await readdir(folder)).toEqual(['a.sqlite']);
  });

  it('of somebody else is read without leaving beside it what would keep its owner from writing', async () => {
    await records('people', rows).read(new SQLiteCache({ dbPath }), append);
    await chmod(folder, 0o777);
    const reader = new SQLiteCache({ dbPath, readOnly: true });
    {
      await using _ = await withoutRights(dbPath);
      expect(await (await reader.dataset('people')).toArray()).toEqual(rows);
      expect(await readdir(folder)).toEqual(['a.sqlite']);
    }
    await records('people', rows).read(new SQLiteCache({ dbPath }), append);
    expect(await (await reader.dataset('people')).count()).toBe(4);
  });

  it('is not changed by a query, nor is another file made, which says that it only reads', async () => {
    await records('people', rows).read(new SQLiteCache({ dbPath }));
    const cache = new SQLiteCache({ dbPath, readOnly: true });
    const other = join(folder, 'other.sqlite');
    for (const statement of [
      sql`pragma journal_mode = delete`,
      raw(`attach '${other}' as other`),
      sql`delete from people`,
    ]) {
      await expect(cache.query(statement).toArray()).rejects.toMatchObject({
        message: expect.stringContaining('it only reads here, and this statement does more than that'),
        guidance: expect.stringContaining('only read'),
      });
    }
    expect(await readdir(folder)).not.toContain('other.sqlite');
  });

  it('has at most 2,000 columns, and says so', async () => {
    const wide = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`f${index}`, index]));
    await expect(records('wide', [wide]).read(new SQLiteCache({ dbPath }))).rejects.toMatchObject({
      message: expect.stringContaining('more columns than the 2,000 that SQLite takes'),
      guidance: expect.stringContaining('Leave fields out'),
    });
  });

  it('ends a read that is stopped while it loads, and keeps what was committed', async () => {
    const stop = new AbortController();
    const many = Array.from({ length: 20_000 }, (_, id) => ({ id }));
    const reading = records('people', many).read(new SQLiteCache({ dbPath }), {
      ...append,
      signal: stop.signal,
      onEvent: (event) => event.type === 'stream_status' && event.status === 'COMPLETE' && stop.abort(),
    });
    await expect(reading).rejects.toMatchObject({ code: 'stopped' });
    const { streams } = await records('people', many).read(new SQLiteCache({ dbPath }), append);
    expect(await streams['people']?.count()).toBe(20_000);
  });
});

describe('a SQLite database in memory', () => {
  it('lasts as long as its object', async () => {
    const cache = new SQLiteCache({ dbPath: ':memory:' });
    await records('people', rows).read(cache);
    const { summary } = await records('people', [...rows, { id: 3 }]).read(cache, append);
    expect(summary.records.read).toBe(3);
    expect(await (await cache.dataset('people')).count()).toBe(5);
    for await (const _ of await cache.dataset('people')) expect(await cache.streams()).toHaveLength(1);
    await cache[Symbol.asyncDispose]();
    expect(await cache.streams()).toEqual([]);
  });
});

describe('options that make no sense', () => {
  it.each([
    { options: {}, fault: /dbPath must be a path/ },
    { options: { dbPath: 'a', lockTimeoutMs: '1' }, fault: /lockTimeoutMs must be a number/ },
    { options: { dbPath: 'a', schemaName: 'x' }, fault: /schemaName/ },
  ])('are refused: $options', ({ options, fault }) => {
    expect(() => new SQLiteCache(options as never)).toThrow(fault);
  });
});
