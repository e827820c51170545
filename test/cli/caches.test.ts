import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDuckDb } from '../../src/sql/duckdb/driver.ts';
import { lastLine, openPlace } from './run-sluice.ts';

const faker = ['--config', '{"count": 20, "seed": 7, "always_updated": false}'];

describe('caches on the command line', () => {
  it('are read into, asked, shown and emptied', async () => {
    using place = openPlace();
    expect(await place.run(['cache', 'list'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringMatching(/^there are no caches in .*caches$/),
    });
    const first = await place.run(['read', 'faker', ...faker, '--cache', 'shop', '--json']);
    expect(first).toMatchObject({ exitCode: 0 });
    expect(lastLine(first.stdout)).toMatchObject({ streams: { users: { read: 20, confirmed: 20 } } });
    const again = await place.run(['read', 'faker', ...faker, '--cache', 'shop']);
    expect(again.stderr).toContain('nothing new in 3 streams');

    const asked = await place.run(['query', 'select count(*) as n from users;', '--cache', 'shop']);
    expect(asked).toMatchObject({ exitCode: 0, stdout: '{"n":20}' });
    const csv = await place.run(['query', 'select 1 as a, null as b', '--cache', 'shop', '--csv']);
    expect(csv.stdout).toBe('a,b\r\n1,');
    expect(lastLine((await place.run(['cache', 'list'])).stdout)).toMatchObject({ cache: 'shop' });

    const shown = await place.run(['cache', 'show', '--cache', 'shop']);
    expect(shown.stdout.split('\n').map((line) => JSON.parse(line).stream)).toEqual([
      'products',
      'purchases',
      'users',
    ]);
    expect(lastLine(shown.stdout)).toMatchObject({ rows: 20, source: 'source-faker', table: 'users' });

    expect(await place.run(['cache', 'drop', 'users', '--cache', 'shop'])).toMatchObject({ exitCode: 0 });
    const refilled = await place.run(['read', 'faker', ...faker, '--cache', 'shop', '--json']);
    expect(lastLine(refilled.stdout)).toMatchObject({
      streams: { users: { read: 20 }, products: { read: 0 } },
    });
  });

  it('are only read by a query, and refused where there is none', async () => {
    using place = openPlace();
    expect(await place.run(['query', 'select 1'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^sluice: there is no cache .*default\.duckdb\n/),
    });
    await place.run(['read', 'faker', ...faker, '--streams', 'users', '--cache', './a.duckdb']);
    const dropped = await place.run(['query', 'drop table users', '--cache', './a.duckdb']);
    expect(dropped.exitCode).toBe(1);
    const kept = await place.run(['query', 'select count(*) as n from users', '--cache', './a.duckdb']);
    expect(kept.stdout).toBe('{"n":20}');
  });

  it('are SQLite files by their names, by a prefix, or by what they are', async () => {
    using place = openPlace();
    const users = ['read', 'faker', ...faker, '--streams', 'users', '--cache'];
    const counted = async (cache: string) =>
      (await place.run(['query', 'select count(*) as n, min(typeof(id)) as t from users', '--cache', cache]))
        .stdout;
    for (const [cache, path] of [
      ['./a.sqlite', 'a.sqlite'],
      ['b.db', 'b.db'],
      ['sqlite:c', 'c'],
    ] as const) {
      expect(await place.run([...users, cache])).toMatchObject({ exitCode: 0 });
      expect(await counted(cache)).toBe('{"n":20,"t":"integer"}');
      expect(await counted(`./${path}`)).toBe('{"n":20,"t":"integer"}');
    }
    await place.run([...users, './d.duckdb']);
    renameSync(join(place.folder, 'd.duckdb'), join(place.folder, 'd.db'));
    expect(await counted('./d.db')).toBe('{"n":20,"t":"BIGINT"}');
  });

  it('are databases of MotherDuck by a prefix, with the token from the environment alone', async () => {
    using place = openPlace();
    const env = { MOTHERDUCK_TOKEN: undefined, motherduck_token: undefined };
    expect(await place.run(['query', 'select 1', '--cache', 'md:shop'], { env })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^sluice: MotherDuckCache has no access token\n.*MOTHERDUCK_TOKEN/),
    });
  });

  it('are refused in words of the command line', async () => {
    using place = openPlace();
    const config = (count: number) => ['--config', JSON.stringify({ count }), '--cache', 'a.duckdb'];
    expect(await place.run(['read', 'faker', ...config(1)])).toMatchObject({ exitCode: 0 });
    const other = await place.run(['read', 'faker', ...config(2), '--connection', 'other']);
    expect(other.exitCode).toBe(2);
    expect(other.stderr).toMatch(/: source-faker\.count differs$/m);
    expect(other.stderr).toMatch(
      /^Read one of the two into another cache\. If it is the same source, go on by --connection source-faker-/m,
    );
    await using _ = await openDuckDb({ path: join(place.folder, 'a.duckdb') });
    const busy = await place.run(['cache', 'drop', 'users', '--cache', 'a.duckdb']);
    expect(busy).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/Wait for it to end\.$/) });
  });

  it('take no flags of the other way of reading', async () => {
    using place = openPlace();
    expect(await place.run(['read', 'faker', '--full-refresh'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--full-refresh goes with --cache only'),
    });
    expect((await place.run(['read', 'faker', '--cache', 'a', '--limit', '1'])).exitCode).toBe(2);
    expect((await place.run(['cache', 'show', '--cache', 'a'])).exitCode).toBe(2);
  });
});
