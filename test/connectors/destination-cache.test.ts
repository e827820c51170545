import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Destination,
  DuckDBCache,
  getDestination,
  ident,
  MotherDuckCache,
  PostgresCache,
  records,
  SQLiteCache,
  sql,
} from '../../src/index.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import { runningServer } from '../postgres/engine.ts';

const localExecutable = join(import.meta.dirname, '../fixtures/connectors/destination-tables.mjs');

describe('destination.getCache()', () => {
  const folder = inNewHome();

  const server = runningServer();
  const postgres = (config: object = {}) => {
    const { host, port, user, database } = server().target('postgres');
    const config_ = { host, port, username: user, database, schema: 'crm', ...config };
    return getDestination('destination-postgres', config_, { localExecutable });
  };
  const file = (name: string, path: string, config: object = {}) =>
    getDestination(name, { destination_path: join(folder(), path), ...config }, { localExecutable });

  it.each([
    ['DuckDB', () => file('destination-duckdb', 'a.duckdb', { schema: 'main' }), DuckDBCache],
    ['PostgreSQL', () => postgres(), PostgresCache],
  ] as const)('reads typed tables in %s back', async (_, open, kind) => {
    const destination = open();
    await write(destination);
    const id = ident(kind === PostgresCache ? 'ID' : 'id');
    const cache = destination.getCache();
    expect(cache).toBeInstanceOf(kind);
    const sales = await cache.dataset('Big Sales');
    expect(await byId(sales.toArray())).toEqual(
      [
        { ...typed(1), note: 'a, "b"', tags: ['x'], price: 0.5 },
        { ...typed(2), note: null, tags: null, price: large },
      ].map(({ id, ...row }) =>
        kind === PostgresCache ? { ID: id, ...row, at: `${row.at}Z` } : { id, ...row },
      ),
    );
    expect(await sales.count()).toBe(2);
    expect(await sales.filter(sql`${id} > ${1}`).count()).toBe(1);
    expect(await sales.query(sql`select max(${id}) as most from rows`).toArray()).toEqual([{ most: 2 }]);
    const [first] = await byId(sales.withTimes('date').toArray());
    expect(first?.['at']).toEqual(new Date('2026-01-01T10:30:00Z'));
    expect(await sales.toCsv(join(folder(), 'sales.csv'))).toBe(2);
    expect(await sales.toParquet(join(folder(), 'sales.parquet'))).toBe(2);
    const { rows, lastExtractedAt, columns } = await sales.statistics();
    expect({ rows, columns: columns.length }).toEqual({ rows: 2, columns: 6 });
    expect(lastExtractedAt).toMatch(/^20/);
    expect([...(await cache.datasets()).keys()]).toEqual([sales.name]);
    // It goes on from here by the way that any rows do.
    const onward = new DuckDBCache({ dbPath: join(folder(), 'onward.duckdb') });
    const { summary } = await records('sales', sales, { schema: sales.jsonSchema }).read(onward);
    expect(summary.records.confirmed).toBe(2);
  });

  it.each([
    ['DuckDB', () => file('duckdb', 'raw.duckdb', { disable_type_dedupe: true })],
    ['PostgreSQL', () => postgres({ disable_type_dedupe: true, raw_data_schema: 'raw' })],
    ['SQLite', () => file('sqlite', 'raw.sqlite')],
  ] as const)('reads the records of raw tables in %s back', async (_, open) => {
    const destination = open();
    await write(destination, 'sales');
    const sales = await destination.getCache().dataset('sales');
    expect(await byId(sales.toArray())).toEqual([
      { ID: 1, at: rows[0].at, note: 'a, "b"', tags: ['x'], price: 0.5, born: '1815-12-10' },
      { ID: 2, at: rows[0].at, born: '1815-12-10', price: large },
    ]);
    expect(await sales.count()).toBe(2);
    expect(await sales.toCsv(join(folder(), 'sales.csv'))).toBe(2);
    const [head = ''] = (await readFile(join(folder(), 'sales.csv'), 'utf8')).split('\n');
    expect(head.trim().split(',').toSorted()).toEqual(['ID', 'at', 'born', 'note', 'price', 'tags']);
    expect(await sales.toParquet(join(folder(), 'sales.parquet'))).toBe(2);
    expect((await sales.statistics()).lastExtractedAt).toMatch(/^20/);
  });

  it('only reads, and says who writes', async () => {
    const destination = file('destination-duckdb', 'a.duckdb');
    await write(destination);
    const cache = destination.getCache();
    await expect(records('other', [{ id: 1 }]).read(cache)).rejects.toMatchObject({
      code: 'input_invalid',
      message: 'duckdb-cache: it cannot be written, for it was opened for reading only',
      guidance: expect.stringContaining('destination.write()'),
    });
    await expect(cache.query(sql`drop table big_sales`).toArray()).rejects.toThrow('it only reads here');
    await expect(getDestination('dev-null').write(cache)).rejects.toMatchObject({
      code: 'input_invalid',
      guidance: expect.stringContaining('records('),
    });
  });

  it('says which tables there are when a stream has none', async () => {
    const destination = file('destination-duckdb', 'a.duckdb');
    await write(destination);
    await expect(destination.getCache().dataset('big_sale')).rejects.toMatchObject({
      code: 'stream_unknown',
      message: 'duckdb-cache has no stream "big_sale"; did you mean "big_sales"?',
    });
  });

  it('says that nothing is there yet', async () => {
    await expect(file('duckdb', 'none.duckdb').getCache().datasets()).rejects.toThrow(/none\.duckdb/);
  });

  it('refuses destinations that have no database of ours behind them', () => {
    const jsonl = getDestination('jsonl', { path: folder() });
    expect(() => jsonl.getCache()).toThrow(/destination-jsonl: getCache opens a database/);
    const warehouse = getDestination('destination-snowflake', {}, { localExecutable });
    expect(() => warehouse.getCache()).toThrow(/destination-snowflake/);
  });

  it('finds the file of a container in the project, and takes another place', () => {
    const config = { destination_path: '/local/shop/a.duckdb' };
    const inContainer = getDestination('destination-duckdb', config, { dockerImage: true });
    const local = join(folder(), 'home', 'local', 'shop', 'a.duckdb');
    expect(inContainer.getCache()).toMatchObject({ dbPath: local });
    const here = getDestination('destination-duckdb', { destination_path: 'a.duckdb' }, { localExecutable });
    expect(here.getCache()).toMatchObject({ dbPath: '/local/a.duckdb' });
    expect(here.getCache({ dbPath: '/data/a.duckdb' })).toMatchObject({ dbPath: '/data/a.duckdb' });
    const sqlite = getDestination('destination-sqlite', config, { usePython: false });
    expect(sqlite.getCache()).toMatchObject({ dbPath: local });
    expect(sqlite.getCache()).toBeInstanceOf(SQLiteCache);
    const nowhere = getDestination('destination-duckdb', {}, { localExecutable });
    expect(() => nowhere.getCache()).toThrow('its config has no destination_path');
  });

  it('opens MotherDuck by the key of the config', () => {
    const config = { destination_path: 'md:shop?motherduck_token=t', motherduck_api_key: 'k', schema: 'raw' };
    const cache = getDestination('destination-duckdb', config, { localExecutable }).getCache();
    expect(cache).toBeInstanceOf(MotherDuckCache);
    expect(cache).toMatchObject({ database: 'shop', schemaName: 'raw' });
    const plain = getDestination('motherduck', { motherduck_api_key: 'k' }, { localExecutable });
    expect(plain.getCache()).toMatchObject({ database: 'my_db', schemaName: 'main' });
  });

  it('says what it needs, and takes what is other from here', () => {
    expect(() => getDestination('postgres', { host: 'db' }, { localExecutable }).getCache()).toThrow(
      'PostgresCache: no username and no database given',
    );
    const tunnelled = postgres({ tunnel_method: { tunnel_method: 'SSH_KEY_AUTH' } });
    expect(() => tunnelled.getCache()).toThrow(/SSH tunnel/);
    const cache = tunnelled.getCache({ host: '127.0.0.1', port: 15432, schemaName: 'other' });
    expect(cache).toMatchObject({ description: 'PostgreSQL 127.0.0.1:15432/postgres', schemaName: 'other' });
    expect(() => postgres().getCache({ dbPath: 'x' } as never)).toThrow(/dbPath/);
    const strict = postgres({ host: 'host.docker.internal', ssl_mode: { mode: 'verify-nothing' } });
    expect(() => strict.getCache()).toThrow(/verify-nothing/);
  });
});

const rows = [
  { ID: 1, note: 'a, "b"', price: 0.5, at: '2026-01-01T10:30:00Z', born: '1815-12-10', tags: ['x'] },
] as const;
const large = 1024.5;
const schema = {
  type: 'object',
  properties: {
    ID: { type: 'integer' },
    note: { type: ['null', 'string'] },
    price: { type: 'number' },
    at: { type: 'string', format: 'date-time' },
    born: { type: 'string', format: 'date' },
    tags: { type: ['null', 'array'] },
  },
};

async function write(destination: Destination, name = 'Big Sales'): Promise<void> {
  const { note: _note, tags: _tags, ...second } = rows[0];
  await destination.write(records(name, [...rows, { ...second, ID: 2, price: large }], { schema }));
}

function typed(id: number) {
  return { id, at: '2026-01-01T10:30:00', born: '1815-12-10' };
}

async function byId(
  rows: Promise<readonly Readonly<Record<string, unknown>>[]>,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await rows).toSorted((a, b) => Number(a['ID'] ?? a['id']) - Number(b['ID'] ?? b['id']));
}
