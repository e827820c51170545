import { describe, expect, it } from 'vitest';
import { PostgresCache, type PostgresCacheOptions } from '../../src/caches/postgres.ts';
import { records, sql } from '../../src/index.ts';
import { counting } from '../contracts/cache-sources.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import { runningServer } from '../postgres/engine.ts';

inNewHome();

const server = runningServer();
const rows = [{ id: 1 }, { id: 2 }];

function cache(options: Partial<PostgresCacheOptions> = {}): PostgresCache {
  const { host, port } = server();
  return new PostgresCache({ host, port, username: 'postgres', database: 'postgres', ...options });
}

describe('a role with the least privileges', () => {
  it('appends, merges and replaces, drops and reads, in a schema of another owner', async () => {
    const database = await server().createDatabase();
    await server().query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
    await server().query(`CREATE ROLE least LOGIN PASSWORD 'p@ss:w/ö?r#d %41'`);
    await server().query(`GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO least`);
    await server().query('CREATE SCHEMA raw', database);
    await server().query('GRANT USAGE, CREATE ON SCHEMA raw TO least', database);
    const own = cache({ username: 'least', password: 'p@ss:w/ö?r#d %41', database, schemaName: 'raw' });
    for (const writeStrategy of ['append', 'replace'] as const) {
      await records(writeStrategy, rows).read(own, { writeStrategy });
      await records(writeStrategy, rows).read(own, { writeStrategy });
    }
    const keyed = records('merge', rows, { primaryKey: 'id' });
    await keyed.read(own, { writeStrategy: 'merge', forceFullRefresh: true });
    await keyed.read(own, { writeStrategy: 'merge', forceFullRefresh: true });
    expect(await (await own.dataset('append')).count()).toBe(4);
    expect(await (await own.dataset('replace')).count()).toBe(2);
    expect(await (await own.dataset('merge')).count()).toBe(2);
    await own.drop('append');
    expect((await own.streams()).map(({ label }) => label)).toEqual(['merge', 'replace']);
  });

  it('is told which grant it lacks', async () => {
    const database = await server().createDatabase();
    await server().query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
    await server().query(`CREATE ROLE poor LOGIN PASSWORD 'x'`);
    await server().query('CREATE SCHEMA raw', database);
    const own = cache({ username: 'poor', password: 'x', database, schemaName: 'raw' });
    const lacking = (guidance: string) =>
      expect(records('people', rows).read(own)).rejects.toMatchObject({
        code: 'storage_failed',
        message: expect.stringMatching(/^[^\n]*permission denied[^\n]*$/),
        guidance: expect.stringContaining(guidance),
      });
    await lacking('GRANT CONNECT');
    await server().query(`GRANT CONNECT ON DATABASE ${database} TO poor`);
    await lacking('GRANT USAGE, CREATE ON SCHEMA');
    await server().query('GRANT USAGE, CREATE ON SCHEMA raw TO poor', database);
    await lacking('GRANT TEMPORARY ON DATABASE');
    const missing = cache({ username: 'poor', password: 'x', database, schemaName: 'nowhere' });
    await expect(records('people', rows).read(missing)).rejects.toMatchObject({
      guidance: expect.stringContaining('CREATE SCHEMA'),
    });
  });
});

describe('a server that dies', () => {
  it('in the middle of a load takes nothing with it that was committed', async () => {
    const dying = cache({ schemaName: 'dying', flush: { bytes: 1, ms: 60_000 } });
    const before = (id: number) => (id === 3000 ? server().kill() : undefined);
    const failing = counting(5000, { every: 100, before }).read(dying);
    await expect(failing).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringMatching(
        /^PostgreSQL [^\n]*(ended the connection|cannot be reached|no socket)[^\n]*$/,
      ),
      context: { failure: 'transient' },
    });
    await server().start();
    const kept = await (await dying.dataset('counted')).count();
    expect(kept).toBeGreaterThan(0);
    const { summary } = await counting(5000, { every: 100 }).read(dying);
    expect(summary.records.read).toBe(5000 - kept);
    const [held] = await dying
      .query(sql`select count(*) as n, count(distinct id) as d, max(id) as m from counted`)
      .toArray();
    expect(held).toEqual({ n: 5000, d: 5000, m: 5000 });
  });
});

describe('a cache in PostgreSQL', () => {
  it('fills one schema from several connections at a time, from its first moment on', async () => {
    const reads = ['a', 'b', 'c', 'd'].map((name) =>
      records(name, rows).read(cache({ schemaName: 'crowd' })),
    );
    const results = await Promise.all(reads);
    expect(results.map(({ summary }) => summary.records.confirmed)).toEqual([2, 2, 2, 2]);
    expect((await cache({ schemaName: 'crowd' }).streams()).length).toBe(4);
  });

  it('can be read by a URL, for reading only, with names that mean its schema', async () => {
    await records('people', rows).read(cache({ schemaName: 'by url' }));
    const url = `postgresql://postgres@/postgres?host=${server().host}&schemaName=by%20url`;
    const reading = new PostgresCache({ url, readOnly: true });
    expect(await reading.query(sql`select count(*) as n from people`).toArray()).toEqual([{ n: 2 }]);
    await expect(reading.query(sql`drop table people`).toArray()).rejects.toThrow('it can only be read here');
    await expect(reading.query(sql`delete from people returning id`).toArray()).rejects.toThrow(
      'only be read',
    );
  });

  it('is not replaced, widened or dropped inside a loop over its rows, and says so', async () => {
    const own = cache({ schemaName: 'looped', lockTimeoutMs: 200 });
    const many = Array.from({ length: 5000 }, (_, id) => ({ id }));
    await records('people', many).read(own);
    const people = await own.dataset('people');
    const busy = {
      code: 'state_busy',
      message: expect.stringMatching(/: the table is being read by a loop in this process, /),
      guidance: expect.stringContaining('leave the loop first'),
    };
    for await (const _ of people) {
      await expect(records('people', rows).read(own)).rejects.toMatchObject(busy);
      const wider = records('people', [{ id: 'a' }]).read(own, { writeStrategy: 'append' });
      await expect(wider).rejects.toMatchObject(busy);
      await expect(own.drop('people')).rejects.toMatchObject(busy);
      break;
    }
    expect(await people.count()).toBe(5000);
    await records('people', rows).read(own);
    expect(await people.count()).toBe(2);
  });

  it('keeps a table that is not ours, and a view', async () => {
    await server().query('CREATE SCHEMA foreign_things');
    await server().query('CREATE VIEW foreign_things.people AS SELECT 7 AS seven');
    const own = cache({ schemaName: 'foreign_things' });
    await expect(records('people', rows).read(own)).rejects.toThrow(/people is there already/);
    expect(await own.query(sql`select * from people`).toArray()).toEqual([{ seven: 7 }]);
  });

  it('has names of 300 letters, and of 63 bytes that differ in the last one', async () => {
    const long = 'ä'.repeat(300);
    const near = ['x'.repeat(63), `${'x'.repeat(62)}y`, 'x'.repeat(64)];
    const own = cache({ schemaName: 'names' });
    for (const name of [long, ...near]) {
      const row = Object.fromEntries([...near, long].map((field, index) => [field, index]));
      const { streams } = await records(name, [row]).read(own);
      expect(await streams[name]?.toArray()).toEqual([row]);
    }
  });

  it.each([
    { options: {}, fault: /no username and no database given/ },
    { options: { username: 'a', database: 'b', port: '5432' }, fault: /port must be a number/ },
    { options: { username: 'a', database: 'b', pasword: 'secret' }, fault: /pasword/ },
    { options: { url: 'mysql://a:secret@b/c' }, fault: /no URL of a PostgreSQL database/ },
    { options: { url: 'postgres://a:secret@b/c?sslmode=maybe' }, fault: /sslmode=maybe is none/ },
    { options: { url: 'postgres://a:secret@b/c', host: 'd' }, fault: /host given twice/ },
    { options: { url: 'postgres://a:secret@b/c?pool=1' }, fault: /takes no pool/ },
  ])('refuses options that make no sense: $options', ({ options, fault }) => {
    const make = () => new PostgresCache(options as never);
    expect(make).toThrow(fault);
    expect(make).not.toThrow(/secret/);
  });
});
