import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect, type PostgresTarget } from '../../src/sql/postgres/connect.ts';
import { postgresDialect } from '../../src/sql/postgres/dialect.ts';
import { openPostgres } from '../../src/sql/postgres/driver.ts';
import { raw, sql } from '../../src/sql/sql.ts';
import { emptyDatabase, runningServer } from '../postgres/engine.ts';
import { tlsFolder } from '../postgres/server.ts';
import { landing, schemas } from './landing.ts';

const server = runningServer({
  tcp: true,
  access: ['host "tls only" all 127.0.0.1/32 reject', 'hostssl all tls_role 127.0.0.1/32 trust'],
});
const open = emptyDatabase(server);

describe('opening PostgreSQL', () => {
  const opening = (changes: Partial<PostgresTarget>): Promise<unknown> =>
    openPostgres({ ...server().target('postgres'), ...changes });

  it('says in one line what is wrong', async () => {
    await server().query(`CREATE ROLE ada LOGIN PASSWORD 'right'`);
    await expect(opening({ port: 1 })).rejects.toMatchObject({
      message: expect.stringMatching(/^PostgreSQL 127\.0\.0\.1:1\/postgres: the server cannot be reached \(/),
      context: { failure: 'transient', sqlState: 'ECONNREFUSED' },
    });
    await expect(opening({ host: '/nowhere' })).rejects.toThrow(
      'there is no socket of a server in this folder',
    );
    await expect(opening({ database: 'nowhere' })).rejects.toMatchObject({
      message: expect.stringContaining('database "nowhere" does not exist'),
      context: { failure: 'terminal' },
    });
    const wrong = opening({ user: 'ada', password: 'wr0ng' });
    await expect(wrong).rejects.toMatchObject({
      message: expect.stringContaining('the server does not let this user in'),
      guidance: expect.stringContaining('Check username and password'),
      context: { failure: 'terminal' },
    });
    await wrong.catch((error: Error) => expect(JSON.stringify(error) + error.stack).not.toContain('wr0ng'));
    await expect(opening({ user: 'ada' })).rejects.toThrow('the server wants a password, and none was given');
    await expect(opening({ tls: {} })).rejects.toThrow('the server speaks no TLS');
    await using _ = await openPostgres({ ...server().target('postgres'), tls: 'offered' });
  });

  it('takes passwords of any characters', async () => {
    const password = `p@ss:w/ö?r#d %41&=+'"\\$`;
    await server().query(`CREATE ROLE odd LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
    const target = server().target('postgres', { user: 'odd', password });
    await using db = await openPostgres(target);
    expect(await db.query(sql`SELECT current_user AS me`)).toEqual([{ me: 'odd' }]);
  });

  it('gives up when the signal aborts', async () => {
    const stop = new AbortController();
    const opening = openPostgres(server().target('postgres'), { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(opening).rejects.toMatchObject({ code: 'stopped', cause: { message: 'enough' } });
  });
});

describe('TLS', () => {
  const secured = runningServer({
    tcp: true,
    tls: true,
    access: ['hostssl all all 127.0.0.1/32 trust', 'hostnossl all all 127.0.0.1/32 reject'],
  });
  const asked = async (tls: PostgresTarget['tls'], host = '127.0.0.1'): Promise<unknown> => {
    await using db = await openPostgres({ ...secured().target('postgres'), host, tls });
    const [row] = await db.query(sql`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`);
    return row?.['ssl'];
  };

  it('is used where the server offers it, and demanded where it is asked for', async () => {
    const { readFileSync } = await import('node:fs');
    const ca = readFileSync(join(tlsFolder, 'server.crt'), 'utf8');
    expect(await asked('offered')).toBe(true);
    expect(await asked({ ca }, 'localhost')).toBe(true);
    expect(await asked({ ca, checkServerIdentity: () => undefined })).toBe(true);
    await expect(asked({ ca })).rejects.toThrow("the server's certificate is not trusted");
    await expect(asked({}, 'localhost')).rejects.toThrow("the server's certificate is not trusted");
    await expect(asked('off')).rejects.toThrow('the server takes no connection without TLS here');
  });

  it('does not keep a statement from being stopped', async () => {
    await using db = await openPostgres({ ...secured().target('postgres'), tls: 'offered' });
    const stop = new AbortController();
    const sleeping = db.query(sql`SELECT pg_sleep(600)`, { signal: stop.signal });
    await secured().query(`DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')
      LOOP PERFORM pg_stat_clear_snapshot(); END LOOP; END $$`);
    stop.abort();
    await expect(sleeping).rejects.toMatchObject({ code: 'stopped' });
    expect(await db.query(sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
  });
});

describe('PostgreSQL answers', () => {
  it('as JavaScript, without losing anything', async () => {
    await using db = await open();
    const [row] = await db.query(sql`SELECT 1.50::numeric AS decimal, 12345678901234567890.5::numeric AS long,
      'NaN'::numeric AS nan, 'infinity'::timestamptz AS ever, '0044-03-15 12:00:00 BC'::timestamp AS ides,
      '12345-01-01 00:00:00.5+00'::timestamptz AS late, '\\x00ff'::bytea AS bytes, ARRAY[1, NULL, 3] AS integers,
      ARRAY['a', 'b "c", \\', 'NULL', NULL, ''] AS texts, ARRAY[ARRAY['2024-01-31 10:00:00.5+00'::timestamptz]] AS times,
      '[2:3]={7,8}'::int8[] AS bounds, '{}'::int[] AS none, interval '1 day 2 hours' AS span,
      '{"b":1.0,"a":9007199254740993}'::jsonb AS parsed, '10:00:00.25-03:30'::timetz AS clock, NULL AS nothing`);
    expect(row).toMatchObject({
      decimal: 1.5,
      nan: Number.NaN,
      ever: 'infinity',
      ides: '0044-03-15T12:00:00 BC',
      late: '12345-01-01T00:00:00.500Z',
      bytes: Uint8Array.of(0, 255),
      integers: [1, null, 3],
      texts: ['a', 'b "c", \\', 'NULL', null, ''],
      times: [['2024-01-31T10:00:00.500Z']],
      bounds: [7, 8],
      none: [],
      span: '1 day 02:00:00',
      parsed: { a: 9007199254740993n, b: 1 },
      clock: '10:00:00.250-03:30',
      nothing: null,
    });
    expect(String(row?.['long'])).toBe('12345678901234567890.5');
  });

  it('to statements of any kind, piece by piece', async () => {
    await using db = await open();
    const all = async (text: string) => {
      const rows = [];
      for await (const some of db.stream(raw(text))) rows.push(...some);
      return rows;
    };
    expect(await all('CREATE TABLE t AS SELECT 7 AS a')).toEqual([]);
    expect(await all('INSERT INTO t VALUES (8) RETURNING a')).toEqual([{ a: 8 }]);
    expect(await all('SHOW TimeZone')).toEqual([{ TimeZone: 'UTC' }]);
    expect((await all('EXPLAIN SELECT 1')).length).toBeGreaterThan(0);
    expect(await all('')).toEqual([]);
    expect((await all('SELECT n FROM generate_series(1, 4000) AS n')).length).toBe(4000);
    await expect(all('SELECT 1 / (3000 - n) FROM generate_series(1, 4000) AS n')).rejects.toThrow(
      'division by zero',
    );
  });

  it('while several loops are under way, and after they are left or stopped', async () => {
    await using db = await open();
    const rows = sql`SELECT n FROM generate_series(1, 100000) AS n`;
    const stop = new AbortController();
    const stopped = (async () => {
      for await (const _ of db.stream(rows, { signal: stop.signal })) stop.abort();
    })();
    await expect(stopped).rejects.toMatchObject({ code: 'stopped' });
    for await (const some of db.stream(rows)) {
      for await (const other of db.stream(rows)) {
        expect(other.length).toBe(some.length);
        break;
      }
      break;
    }
    const many = Array.from({ length: 100 }, (_, n) => db.query(sql`SELECT ${n} AS n`));
    expect(await Promise.all(many)).toEqual(Array.from({ length: 100 }, (_, n) => [{ n }]));
    const others = await server().query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE 'sluice%'`,
    );
    expect(others[0]?.['n']).toBeLessThan(8);
  });

  it('after its connections were ended from outside', async () => {
    await using db = await open();
    await db.query(sql`SELECT 1`);
    const [own] = await db.query(sql`SELECT pg_backend_pid() AS pid`);
    await server().query(`SELECT pg_terminate_backend(${String(own?.['pid'])})`);
    const failing = db.query(sql`SELECT 1 AS one`).catch((error: unknown) => error);
    // It is either noticed before, or said of the statement that met it.
    expect(await failing).toSatisfy(
      (answer: unknown) =>
        Array.isArray(answer) || (answer as { context: { failure: string } }).context.failure === 'transient',
    );
    expect(await db.query(sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
  });
});

describe('PostgreSQL as a dialect', () => {
  it('makes UUIDs of version 7 in servers that have none', async () => {
    await using db = await open();
    const expression = raw(postgresDialect(130_000).newRawId);
    const rows = await db.query(sql`SELECT ${expression} AS id FROM generate_series(1, 100)`);
    const ids = rows.map((row) => String(row['id']));
    expect(new Set(ids).size).toBe(100);
    const now = Date.now();
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Math.abs(now - Number.parseInt(id.replace('-', '').slice(0, 12), 16))).toBeLessThan(60_000);
    }
  });

  it.each(Object.keys(schemas))('reads a key of type %s deep in an object, or nothing', async (kind) => {
    const texts = [
      '"x"',
      '5',
      '5.0',
      '"5"',
      'true',
      '1e400',
      '"2024-02-29"',
      '"2024-02-30"',
      '"0000-01-01"',
      '"2024-01-31T10:30:00Z"',
      '"2024-01-31T25:30:00Z"',
      '"10:00:00"',
      '"10:00:00+05:30"',
      '[1]',
      '{"a":1}',
      'null',
      '"it\'s"',
    ];
    await using things = await landing(
      open,
      {
        deep: { type: 'object', properties: { 'a"b': schemas[kind as keyof typeof schemas] } },
        n: schemas.integer,
      },
      { primaryKey: [['deep', 'a"b']], cursor: ['deep', 'a"b'] },
    );
    const datas = texts.map((text, n) => `{"deep":{"a\\"b":${text}},"n":${n}}`);
    await things.land(datas, { strategy: 'merge' });
    await things.land(datas, { strategy: 'merge' });
    const once = await things.back();
    expect(once.length).toBeGreaterThan(0);
    await things.land(datas, { strategy: 'merge' });
    expect(await things.back()).toEqual(once);
  });

  it('says that a table has too many columns', async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 1600 }, (_, index) => [`f${index}`, schemas.integer]),
    );
    await using things = await landing(open, properties);
    await expect(things.land(['{"f1":1}'])).rejects.toThrow(
      'a table has more columns than the 1,600 that PostgreSQL takes',
    );
  });

  it('takes rows as large as its page, and larger ones with nulls at their end', async () => {
    const kinds = ['integer', 'boolean', 'string', 'instant', 'zonedTime', 'date'] as const;
    const value = {
      integer: '7',
      boolean: 'true',
      string: '"some twenty characters"',
      instant: '"2024-01-31T10:30:00Z"',
      zonedTime: '"10:00:00Z"',
      date: '"2024-01-31"',
    };
    const fields = Array.from(
      { length: 1400 },
      (_, index) => [`f${index}`, kinds[(index * 7) % kinds.length] ?? 'date'] as const,
    );
    await using things = await landing(
      open,
      Object.fromEntries(fields.map(([name, kind]) => [name, schemas[kind]])),
    );
    const data = (count: number): string =>
      `{${fields
        .slice(0, count)
        .map(([name, kind]) => `"${name}":${value[kind]}`)
        .join(',')}}`;
    const datas = [100, 600, 700, 750, 800, 900, 1400].map(data);
    await things.land(datas);
    expect(await things.back()).toEqual(datas);
  });

  it('lets loads of several processes into one table take turns', async () => {
    await using one = await landing(open, { id: schemas.integer });
    await one.land(['{"id":0}']);
    const another = () => openPostgres(server().target('postgres'));
    await using two = await landing(another, { id: schemas.integer });
    const ids = Array.from({ length: 12 }, (_, id) => id);
    await Promise.all(ids.map((id) => (id % 2 === 0 ? one : two).land([`{"id":${id}}`])));
    const rows = await one.db.query(sql`SELECT _sluice_position AS place FROM things ORDER BY place`);
    expect(rows.map((row) => row['place'])).toEqual(Array.from({ length: 13 }, (_, index) => index + 1));
  });
});

describe('one connection', () => {
  it('counts as broken once the server has ended it', async () => {
    const connection = await connect(server().target('postgres'));
    const ended = new Promise((resolve) => connection.client.once('end', () => resolve(undefined)));
    await server().query(`SELECT pg_terminate_backend(${connection.backend})`);
    await ended;
    expect(connection.isBroken).toBe(true);
    await connection.close();
  });
});
