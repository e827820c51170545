import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MotherDuckCache } from '../../src/caches/motherduck.ts';
import { records } from '../../src/connectors/records.ts';
import { type DuckDbOptions, openDuckDb } from '../../src/sql/duckdb/driver.ts';
import { duckDbError } from '../../src/sql/duckdb/failures.ts';

const token = 'eyJhbGciOiJI.secret-of-mine.x1';
const variables = [
  'MOTHERDUCK_TOKEN',
  'motherduck_token',
  'SLUICE_DIR',
  'HTTP_PROXY',
  'http_proxy',
  'HOME',
] as const;

let folder: string;
let before: Readonly<Record<string, string | undefined>>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'motherduck-'));
  before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
  for (const name of variables) delete process.env[name];
  process.env['SLUICE_DIR'] = join(folder, 'home');
});
afterEach(async () => {
  for (const name of variables) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  await rm(folder, { recursive: true, force: true });
});

describe('a cache in MotherDuck', () => {
  it('is DuckDB at md:database, with the token apart', async () => {
    const opened: DuckDbOptions[] = [];
    const cache = new MotherDuckCache({ database: 'shop', apiKey: token }, (options) => {
      opened.push(options);
      return openDuckDb({ path: join(folder, 'stand-in.duckdb') });
    });
    const { streams } = await records('people', [{ id: 1 }]).read(cache);
    expect(await streams['people']?.count()).toBe(1);
    expect(opened[0]).toEqual({ path: 'md:shop', motherDuckToken: token });
    expect(inspect([cache, cache.connectionEnd()], { depth: 9 })).not.toContain('secret');
    expect(await readdir(join(folder, 'home', 'caches'))).toEqual([]);
  });

  it('takes the token from the environment', async () => {
    const none = new MotherDuckCache({ database: 'shop' });
    await expect(none.streams()).rejects.toMatchObject({
      message: 'MotherDuckCache has no access token',
      guidance: expect.stringContaining('MOTHERDUCK_TOKEN'),
    });
    process.env['MOTHERDUCK_TOKEN'] = token;
    const opened: DuckDbOptions[] = [];
    const cache = new MotherDuckCache({ database: 'shop' }, (options) => {
      opened.push(options);
      return openDuckDb({ path: ':memory:' });
    });
    expect(await cache.streams()).toEqual([]);
    expect(opened).toEqual([{ path: 'md:shop', motherDuckToken: token }]);
  });

  it('says in one line that the extension cannot be had, and never the token', async () => {
    // No extension is installed there, and nothing listens at this port: it cannot be downloaded.
    process.env['HOME'] = folder;
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:9';
    process.env['http_proxy'] = 'http://127.0.0.1:9';
    const failure: unknown = await new MotherDuckCache({ database: 'shop', apiKey: token })
      .streams()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: 'DuckDB md:shop: DuckDB cannot load its MotherDuck extension',
      guidance: expect.stringContaining('network'),
      context: { failure: 'transient' },
    });
    expect(inspect(failure, { depth: 9 })).not.toContain('secret');
  });

  it('names a token that is refused', () => {
    const refused = new Error(
      'Invalid Input Error: Request failed: Your request is not authenticated. Please check your MotherDuck token.',
    );
    expect(duckDbError(refused, 'DuckDB md:shop')).toMatchObject({
      message: 'DuckDB md:shop: MotherDuck refuses the access token',
    });
  });

  it.each([
    { options: {}, fault: /database must be a name/ },
    { options: { database: `shop?motherduck_token=${token}` }, fault: /the token belongs in apiKey/ },
    { options: { database: 'md:shop' }, fault: /must be the name of a database/ },
    { options: { database: 'shop', dbPath: 'x' }, fault: /dbPath/ },
  ])('refuses options that make no sense: $options', ({ options, fault }) => {
    let thrown: unknown;
    try {
      new MotherDuckCache(options as never);
    } catch (error) {
      thrown = error;
    }
    expect(String(thrown)).toMatch(fault);
    expect(inspect(thrown, { depth: 9 })).not.toContain('secret');
  });
});
