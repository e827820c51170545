import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { getDefaultCache, newLocalCache } from '../../src/caches/default-cache.ts';
import { DuckDBCache } from '../../src/caches/duckdb.ts';
import { records } from '../../src/connectors/records.ts';
import { sql } from '../../src/sql/sql.ts';
import { inNewHome } from '../fixtures/new-home.ts';

const folder = inNewHome();

const rows = [{ id: 1 }, { id: 2 }];

describe('two processes on one file', () => {
  it('get a line with the pid of the one that has it, or wait for it', async () => {
    const dbPath = join(folder(), 'shared.duckdb');
    await records('people', rows).read(new DuckDBCache({ dbPath }));
    const holder = await holdElsewhere(dbPath);
    try {
      await expect(records('people', rows).read(new DuckDBCache({ dbPath }))).rejects.toMatchObject({
        message: expect.stringContaining(String(holder.pid)),
      });
      const waiting = records('people', rows).read(new DuckDBCache({ dbPath, lockTimeoutMs: 30_000 }));
      holder.kill('SIGKILL');
      expect((await waiting).summary.records.confirmed).toBe(2);
    } finally {
      holder.kill('SIGKILL');
    }
  });

  it('can both read it', async () => {
    const dbPath = join(folder(), 'shared.duckdb');
    await records('people', rows).read(new DuckDBCache({ dbPath }));
    const holder = await holdElsewhere(dbPath, { access_mode: 'READ_ONLY' });
    try {
      const people = await new DuckDBCache({ dbPath, readOnly: true }).dataset('people');
      expect(await people.count()).toBe(2);
    } finally {
      holder.kill('SIGKILL');
    }
  });
});

describe('a DuckDB file', () => {
  it('is not made by who only reads, who is told that there is none', async () => {
    const dbPath = join(folder(), 'none.duckdb');
    const none = new DuckDBCache({ dbPath, readOnly: true });
    await expect(none.streams()).rejects.toThrow('there is no such file, and reading alone makes none');
    expect(existsSync(dbPath)).toBe(false);
  });

  it('is let go as soon as nobody uses it, a loop that is left included', async () => {
    const dbPath = join(folder(), 'free.duckdb');
    const { streams } = await records('people', rows).read(new DuckDBCache({ dbPath }));
    for await (const _ of streams['people'] ?? []) break;
    const holder = await holdElsewhere(dbPath);
    holder.kill('SIGKILL');
  });

  it('is held while any object of this process uses it', async () => {
    const dbPath = join(folder(), 'held.duckdb');
    const { streams } = await records('people', rows).read(new DuckDBCache({ dbPath }));
    for await (const _ of streams['people'] ?? []) {
      await new DuckDBCache({ dbPath }).streams();
      await expect(holdElsewhere(dbPath)).rejects.toThrow(/Could not set lock/);
    }
  });

  it('that is none is refused in one line, and left as it is', async () => {
    const dbPath = join(folder(), 'text.duckdb');
    await writeFile(dbPath, 'not a database');
    await expect(records('people', rows).read(new DuckDBCache({ dbPath }))).rejects.toMatchObject({
      message: expect.stringMatching(/^[^\n]*text\.duckdb[^\n]*$/),
    });
  });

  it('of a newer Sluice is refused', async () => {
    const dbPath = join(folder(), 'newer.duckdb');
    const cache = new DuckDBCache({ dbPath });
    await records('people', rows).read(cache);
    await cache.query(sql`update _sluice_format set version = 2 returning version`).toArray();
    await expect(records('people', rows).read(cache)).rejects.toMatchObject({
      code: 'state_damaged',
      message: expect.stringContaining('newer Sluice'),
    });
  });

  it('keeps a table that is not ours', async () => {
    const cache = new DuckDBCache({ dbPath: join(folder(), 'foreign.duckdb') });
    await cache.query(sql`create table people as select 7 as seven`).toArray();
    await expect(records('people', rows).read(cache)).rejects.toThrow(/people is there already/);
    expect(await cache.query(sql`select * from people`).toArray()).toEqual([{ seven: 7 }]);
  });
});

describe('a database in memory', () => {
  it('lasts as long as its object', async () => {
    const cache = new DuckDBCache({ dbPath: ':memory:' });
    await records('people', rows).read(cache);
    const { summary } = await records('people', [...rows, { id: 3 }]).read(cache, {
      writeStrategy: 'append',
    });
    expect(summary.records.read).toBe(3);
    expect(await (await cache.dataset('people')).count()).toBe(5);
    expect(await new DuckDBCache({ dbPath: ':memory:' }).streams()).toEqual([]);
    await cache[Symbol.asyncDispose]();
    expect(await cache.streams()).toEqual([]);
  });
});

describe('caches of the project', () => {
  it('lie in its folder, the default one unless a name is given', async () => {
    await records('people', rows).read();
    await records('people', rows).read(newLocalCache('shop'));
    const names = await readdir(join(folder(), 'home', 'caches'));
    expect(names.toSorted()).toEqual(['default.duckdb', 'shop.duckdb']);
    expect((await getDefaultCache().streams()).map(({ label }) => label)).toEqual(['people']);
    expect(newLocalCache().dbPath).not.toBe(newLocalCache().dbPath);
    expect(() => newLocalCache('../up')).toThrow(/cannot be the name of a cache/);
  });
});

describe('options that make no sense', () => {
  it.each([
    { options: {}, fault: /dbPath must be a path/ },
    { options: { dbPath: 'a', lockTimeoutMs: '1' }, fault: /lockTimeoutMs must be a number/ },
    {
      options: { dbPath: 'a', dpPath: 'b', x: 1 },
      fault: 'DuckDBCache: unknown option "dpPath", did you mean "dbPath"?; unknown option "x"',
    },
    { options: { dbPath: 'a', flush: { byte: 1 } }, fault: 'unknown option "flush.byte"' },
    { options: 'a.duckdb', fault: 'DuckDBCache: it takes an object of options' },
  ])('are refused: $options', ({ options, fault }) => {
    expect(() => new DuckDBCache(options as never)).toThrow(fault);
  });

  it('of a read are refused too', async () => {
    const source = records('people', rows);
    await expect(source.read({} as never)).rejects.toThrow('read takes a cache');
    await expect(source.read(undefined, { stateCache: false } as never)).rejects.toThrow(/stateCache/);
  });
});

/** Another process that opens the file and holds it until it is killed. */
async function holdElsewhere(dbPath: string, config: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, ['-e', holding, dbPath, JSON.stringify(config)], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [answer] = await once(child.stdout, 'data');
  const text = String(answer).trim();
  if (text === 'open') return child;
  child.kill('SIGKILL');
  throw new Error(text);
}

const holding = `
  const [path, config] = process.argv.slice(1);
  require('@duckdb/node-api').DuckDBInstance.create(path, JSON.parse(config)).then(
    (held) => { console.log('open'); setInterval(() => held, 60_000); },
    (error) => console.log(error.message),
  );
`;
