import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDuckDb } from '../../src/sql/duckdb/driver.ts';
import { duckDbError } from '../../src/sql/duckdb/failures.ts';
import { sql } from '../../src/sql/sql.ts';
import { withoutRights } from '../fixtures/without-rights.ts';
import { holdFile } from './hold-file.ts';
import { landing, schemas, tableOf } from './landing.ts';

describe('DuckDB that was made to forget what it has loaded', () => {
  it('has as much memory as before for what comes next', async () => {
    const open = (folder: string) => openDuckDb({ path: join(folder, 'a.duckdb'), forgetAfterBytes: 1 });
    await using things = await landing(open, { v: schemas.integer });
    for (let load = 0; load < 2; load += 1) await things.land(['{"v":1}']);
    // A list of 300 MB, which cannot lie on disk in part.
    const lists = sql`SELECT len(list(i ORDER BY i)) AS length FROM range(38000000) t(i)`;
    expect(await things.db.query(lists)).toEqual([{ length: 38_000_000 }]);
  });

  it('loads rows of a thousand columns, which need more than is left to usual ones', async () => {
    const open = (folder: string) => openDuckDb({ path: join(folder, 'a.duckdb'), forgetAfterBytes: 1 });
    await using things = await landing(open, { v: schemas.integer });
    await things.land(['{"v":1}']);
    const fields = Array.from({ length: 1000 }, (_, index) => `f${index}`);
    const { table } = tableOf(things.db, Object.fromEntries(fields.map((name) => [name, schemas.integer])));
    const rows = Array.from({ length: 60_000 }, (_, index) => `{"${fields[index % 1000]}":${index}}`);
    await things.land(rows, { table });
    const sums = sql`SELECT count(*)::INTEGER AS rows, sum(f7)::INTEGER AS sum FROM things`;
    expect(await things.db.query(sums)).toEqual([{ rows: 60_001, sum: 1_770_420 }]);
  });
});

describe('opening DuckDB', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'duckdb-'));
    path = join(folder, 'a.duckdb');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('says in one line which process holds the file', async () => {
    await using holder = await holdFile(holding, path);
    await expect(openDuckDb({ path })).rejects.toMatchObject({
      name: 'StateBusyError',
      message: expect.stringContaining(`is in use by process ${holder.pid} (`),
      context: { pid: holder.pid },
    });
  });

  it('waits for the process that holds the file, as long as it is told to', async () => {
    const holder = await holdFile(holding, path);
    const opening = openDuckDb({ path, lockTimeoutMs: 30_000 });
    await holder[Symbol.asyncDispose]();
    await using db = await opening;
    expect(await db.query(sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
  });

  it('stops waiting when the signal aborts', async () => {
    await using _ = await holdFile(holding, path);
    const stop = new AbortController();
    const opening = openDuckDb({ path, lockTimeoutMs: 30_000, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(opening).rejects.toMatchObject({ code: 'stopped', cause: { message: 'enough' } });
  });

  it('shares one database between all who open it in this process', async () => {
    await using first = await openDuckDb({ path });
    await using second = await openDuckDb({ path });
    await first.run(sql`CREATE TABLE t AS SELECT 1 AS a`);
    expect(await second.query(sql`SELECT a FROM t`)).toEqual([{ a: 1 }]);
  });

  it('keeps databases in memory apart', async () => {
    await using first = await openDuckDb({ path: ':memory:' });
    await using second = await openDuckDb({ path: ':memory:' });
    await first.run(sql`CREATE TABLE t (a INTEGER)`);
    expect(await second.tables('main')).toEqual([]);
  });

  it('reads texts that begin with U+FEFF as they are, wherever they lie, and leaves the library as it was', async () => {
    await using db = await openDuckDb({ path: ':memory:' });
    const mark = '\ufeff';
    const rows = await db.query(
      sql`SELECT ${mark} AS short, ${mark} || repeat('x', 20) AS long, [${mark} || 'a'] AS list,
          {'k': ${mark} || 'b'} AS struct, map([${mark} || 'k'], [${mark} || 'v']) AS map,
          union_value(t := ${mark} || 'u') AS one, to_json(${mark} || 'j') AS json`,
    );
    const expected = {
      short: mark,
      long: `${mark}${'x'.repeat(20)}`,
      list: [`${mark}a`],
      struct: { k: `${mark}b` },
      map: { [`${mark}k`]: `${mark}v` },
      one: `${mark}u`,
      json: `${mark}j`,
    };
    expect(rows).toEqual([expected]);
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const reader = await connection.runAndReadAll("SELECT chr(65279) || 'x' AS text");
    connection.closeSync();
    expect(reader.getRows()).toEqual([['x']]);
  });

  it('refuses a file that is no database, a damaged one, and a folder', async () => {
    writeFileSync(path, 'not a database '.repeat(1000));
    await expect(openDuckDb({ path })).rejects.toThrow(`DuckDB ${path}: the file is not a DuckDB database`);
    const sound = join(folder, 'sound.duckdb');
    await (await openDuckDb({ path: sound }))[Symbol.asyncDispose]();
    writeFileSync(path, readFileSync(sound).subarray(0, 5000));
    await expect(openDuckDb({ path })).rejects.toThrow(`DuckDB ${path}: the file is damaged`);
    await expect(openDuckDb({ path: folder })).rejects.toThrow('the path is a folder, not a file');
    await expect(openDuckDb({ path: join(folder, 'no', 'where') })).rejects.toThrow(
      'the file cannot be opened',
    );
  });

  it('does not write where it may only read', async () => {
    await (await openDuckDb({ path }))[Symbol.asyncDispose]();
    await using db = await openDuckDb({ path, readOnly: true });
    await expect(db.run(sql`CREATE TABLE t (a INTEGER)`)).rejects.toThrow('it only reads here');
  });

  it('says that permission is denied, whatever the file was to be opened for', async () => {
    await (await openDuckDb({ path }))[Symbol.asyncDispose]();
    chmodSync(folder, 0o755);
    await using _ = await withoutRights(path, 0);
    for (const readOnly of [false, true]) {
      await expect(openDuckDb({ path, readOnly })).rejects.toThrow('it cannot be opened: permission denied');
    }
  });

  it('stops a statement that gives no rows yet', async () => {
    await using db = await openDuckDb({ path });
    const stop = new AbortController();
    const endless = db.query(
      sql`SELECT sum(a.n * b.n) AS s FROM generate_series(1, 1000000) AS a(n), generate_series(1, 1000000) AS b(n)`,
      { signal: stop.signal },
    );
    setImmediate(() => stop.abort());
    await expect(endless).rejects.toMatchObject({ code: 'stopped' });
    expect(await db.query(sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
  });

  it('names what is known of a failure, and no token', () => {
    const newer = new Error(
      'IO Error: Trying to read a database file with version number 99, but we can only read versions between 64 and 67.',
    );
    expect(duckDbError(newer, 'DuckDB x')).toMatchObject({
      message: expect.stringContaining('another version of DuckDB'),
    });
    const full = new Error('IO Error: Could not write file "x": No space left on device');
    expect(duckDbError(full, 'DuckDB x')).toMatchObject({ message: 'DuckDB x: the disk is full' });
  });
});

/** Another process with the database open. */
const holding = `
  const { DuckDBInstance } = require('@duckdb/node-api');
  DuckDBInstance.create(process.argv[1]).then((held) => {
    process.stdout.write('held');
    process.stdin.on('end', () => { held.closeSync(); process.exit(0); }).resume();
  });`;
