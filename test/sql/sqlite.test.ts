import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../../src/sql/sql.ts';
import { openSqlite } from '../../src/sql/sqlite/driver.ts';
import { sqliteError } from '../../src/sql/sqlite/failures.ts';
import { landing, schemas, tableOf } from './landing.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-'));
  path = join(folder, 'a.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('opening SQLite', () => {
  it('refuses a file that is no database, a damaged one, a newer one, and a folder', async () => {
    writeFileSync(path, 'not a database '.repeat(1000));
    await expect(openSqlite({ path })).rejects.toThrow(`SQLite ${path}: the file is not a SQLite database`);
    expect(readFileSync(path, 'utf8').slice(0, 14)).toBe('not a database');

    const sound = await soundFile();
    writeFileSync(path, sound.fill(0x5a, 100, 4096));
    await expect(openSqlite({ path })).rejects.toThrow(`SQLite ${path}: the file is damaged`);

    const newer = await soundFile();
    newer.writeUInt32BE(9, 44);
    writeFileSync(path, newer);
    await expect(openSqlite({ path })).rejects.toThrow('the file was written by a newer SQLite');

    mkdirSync(join(folder, 'folder.sqlite'));
    for (const readOnly of [false, true]) {
      await expect(openSqlite({ path: join(folder, 'folder.sqlite'), readOnly })).rejects.toThrow(
        'the path is a folder, not a file',
      );
    }
    await expect(openSqlite({ path: join(folder, 'no', 'where') })).rejects.toThrow(
      'the file cannot be opened',
    );
    await expect(openSqlite({ path: join(folder, 'none'), readOnly: true })).rejects.toThrow(
      'the file cannot be opened',
    );
  });

  it('does not write where it may only read', async () => {
    await soundFile();
    await using db = await openSqlite({ path, readOnly: true });
    expect(await db.query(sql`SELECT a FROM t`)).toEqual([{ a: 1 }]);
    await expect(db.run(sql`DELETE FROM t`)).rejects.toThrow('it only reads here');
    await expect(db.transaction((session) => session.run(sql`DELETE FROM t`))).rejects.toThrow(
      'it only reads here',
    );
  });

  it('leaves one file', async () => {
    await soundFile();
    expect(readdirSync(folder)).toEqual(['a.sqlite']);
  });

  it('keeps databases in memory apart, each with its readers and its writer in turn', async () => {
    await using first = await openSqlite({ path: ':memory:' });
    await using second = await openSqlite({ path: ':memory:' });
    await first.run(sql`CREATE TABLE t (a INTEGER)`);
    const written = first.transaction(async (session) => {
      await session.run(sql`INSERT INTO t VALUES (1)`);
      return session.query(sql`SELECT a FROM t`);
    });
    expect(await first.query(sql`SELECT count(*) AS n FROM t`)).toEqual([{ n: 1 }]);
    expect(await written).toEqual([{ a: 1 }]);
    expect(await second.tables('main')).toEqual([]);
  });

  it('names what is known of a failure of either library', () => {
    const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
    expect(sqliteError(full, 'SQLite x')).toMatchObject({ message: 'SQLite x: the disk is full' });
    const own = Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 522 });
    expect(sqliteError(own, 'SQLite x')).toMatchObject({
      context: { failure: 'transient', engineCode: 'IOERR' },
    });
  });
});

describe('two processes on one SQLite file', () => {
  it('get a line with the pid of the one that writes', async () => {
    await soundFile();
    await using holder = await hold();
    await using db = await openSqlite({ path });
    expect(await db.query(sql`SELECT a FROM t`)).toEqual([{ a: 1 }]);
    const who = process.platform === 'linux' ? `process ${holder.pid}` : 'another process';
    await expect(db.run(sql`DELETE FROM t`)).rejects.toMatchObject({
      name: 'StateBusyError',
      message: `SQLite ${path} is being written by ${who}`,
    });
  });

  it('wait for each other as long as they are told to', async () => {
    await soundFile();
    const holder = await hold();
    await using db = await openSqlite({ path, lockTimeoutMs: 30_000 });
    const writing = db.transaction((session) => session.run(sql`INSERT INTO t VALUES (2)`));
    await holder[Symbol.asyncDispose]();
    expect(await writing).toBe(1);
  });

  it('stop waiting when the signal aborts', async () => {
    await soundFile();
    await using _ = await hold();
    await using db = await openSqlite({ path, lockTimeoutMs: 30_000 });
    const stop = new AbortController();
    const writing = db.run(sql`DELETE FROM t`, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(writing).rejects.toMatchObject({ code: 'stopped', cause: { message: 'enough' } });
  });
});

describe('a SQLite table', () => {
  it('sorts instants, however many digits they have', async () => {
    await using things = await landing(openIn, { at: schemas.instant });
    const sorted = ['2024-01-31T10:30:00Z', '2024-01-31T10:30:00.000001Z', '2024-01-31T10:30:00.500Z'];
    await things.land(sorted.toReversed().map((at) => JSON.stringify({ at })));
    expect((await things.db.query(sql`SELECT at FROM things ORDER BY at`)).map(({ at }) => at)).toEqual(
      sorted,
    );
    const [latest] = await things.db.query(sql`SELECT max(at) AS at FROM things`);
    expect(latest).toEqual({ at: '2024-01-31T10:30:00.500000Z' });
  });

  it('finds the rows of a key by an index, which a later widening and a replacement outlive', async () => {
    await using things = await landing(
      openIn,
      { id: schemas.integer, who: schemas.object },
      { primaryKey: [['id'], ['who', 'name']] },
    );
    const merge = { strategy: 'merge' } as const;
    await things.land(['{"id":1,"who":{"name":"a"}}', '{"id":1,"who":{"name":"b"}}'], merge);
    const [plan] = await things.db.query(
      sql`EXPLAIN QUERY PLAN SELECT * FROM things WHERE id IS 1 AND json_extract(who, '$."name"') IS 'a'`,
    );
    expect(String(plan?.['detail'])).toMatch(/USING INDEX _sluice_key_things_\w+ \(id=\? AND <expr>=\?\)/);
    const { table } = tableOf(
      things.db,
      { id: schemas.number, who: schemas.object },
      { primaryKey: [['id'], ['who', 'name']] },
    );
    await things.land(['{"id":1,"who":{"name":"a"},"new":1}', '{"id":1.5,"who":{"name":"a"}}'], {
      ...merge,
      table,
    });
    expect(await things.back()).toEqual([
      '{"id":1,"who":{"name":"b"}}',
      '{"id":1,"who":{"name":"a"},"new":1}',
      '{"id":1.5,"who":{"name":"a"}}',
    ]);
  });

  it('merges by fields of any name, and by instants with any offset', async () => {
    const who = { type: 'object', properties: { 'a"b': schemas.string, at: schemas.instant } };
    await using things = await landing(
      openIn,
      { who, v: schemas.integer },
      { primaryKey: [['who', 'a"b']], cursor: ['who', 'at'] },
    );
    const data = (key: string, at: string, v: number) => JSON.stringify({ who: { 'a"b': key, at }, v });
    await things.land([data('x', '2024-01-31T10:30:00+05:30', 1), data('y', '2024-01-31T10:30:00Z', 2)], {
      strategy: 'merge',
    });
    await things.land(
      [data('x', '2024-01-31T05:00:00.000001Z', 3), data('y', '2024-01-31T12:00:00+02:00', 4)],
      {
        strategy: 'merge',
      },
    );
    expect((await things.rows()).map(({ v }) => v)).toEqual([2, 3]);
  });

  it('says which index keeps a column from changing', async () => {
    await using things = await landing(openIn, { v: schemas.date });
    await things.land(['{"v":"2024-01-31"}']);
    await things.db.run(sql`CREATE INDEX mine ON things (v)`);
    const { table } = tableOf(things.db, { v: schemas.string });
    await expect(things.land(['{"v":"soon"}'], { table })).rejects.toMatchObject({
      message: expect.stringContaining('has an index or a view that Sluice has not made'),
      context: { engineMessage: expect.stringContaining('mine') },
    });
  });

  it('gives each of two like-named columns of a query its own place', async () => {
    await using db = await openSqlite({ path });
    expect(await db.query(sql`SELECT 1 AS a, 2 AS a, 'x' AS "__proto__"`)).toEqual([
      Object.defineProperty({ a: 1, 'a:1': 2 }, '__proto__', { value: 'x', enumerable: true }),
    ]);
  });
});

const openIn = (place: string) => openSqlite({ path: join(place, 'test.sqlite') });

/** A database with one table, closed again. */
async function soundFile(): Promise<Buffer> {
  rmSync(path, { force: true });
  {
    await using db = await openSqlite({ path });
    await db.run(sql`CREATE TABLE t (a INTEGER)`);
    await db.run(sql`INSERT INTO t VALUES (1)`);
  }
  return readFileSync(path);
}

interface Holder extends AsyncDisposable {
  readonly pid: number | undefined;
}

/** Another process that is writing. */
async function hold(): Promise<Holder> {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', '-e', holding, path], {
    cwd: join(import.meta.dirname, '..', '..'),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  if (child.stdout !== null) await once(child.stdout, 'data');
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.stdin?.end();
      await ended;
    },
  };
}

/** By our own library, for which SQLite is there depends on the Node that runs this. */
const holding = `
  import('./src/sql/sqlite/library.ts').then(async ({ sqliteLibrary }) => {
    const held = (await sqliteLibrary()).open(process.argv[1], { readOnly: false });
    held.exec('BEGIN IMMEDIATE');
    process.stdout.write('held');
    process.stdin.on('end', () => { held.exec('ROLLBACK'); process.exit(0); }).resume();
  });`;
