import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPostgresUrl, readPostgresUrl } from '../../src/sql/postgres/connection-url.ts';

describe('the URL of a PostgreSQL database', () => {
  it('says all that is needed', () => {
    const url =
      'postgresql://ada:secret@db.example.com:6432/shop?sslmode=require&connect_timeout=5&schema=raw&tablePrefix=a_';
    expect(readPostgresUrl(url)).toEqual({
      host: 'db.example.com',
      port: 6432,
      user: 'ada',
      password: 'secret',
      database: 'shop',
      tls: { rejectUnauthorized: false },
      connectTimeoutMs: 5000,
      schemaName: 'raw',
      tablePrefix: 'a_',
    });
  });

  it.each([
    ['postgres://db', { host: 'db' }],
    ['postgres:///shop?host=/run/postgresql', { host: '/run/postgresql', database: 'shop' }],
    ['postgres://ada@[::1]:5433/shop', { host: '::1', port: 5433, user: 'ada', database: 'shop' }],
    ['postgres://%2Frun%2Fpostgresql/my%20shop', { host: '/run/postgresql', database: 'my shop' }],
    ['postgres://ada:@db/shop?sslmode=disable', { user: 'ada', password: '', tls: 'off' }],
    ['postgres://db/shop?sslmode=prefer', { tls: 'offered' }],
    ['postgres://db/shop?sslmode=verify-full', { tls: {} }],
    ['postgres://db/shop?user=ada&password=p%40ss', { user: 'ada', password: 'p@ss' }],
    // A password that nobody has encoded.
    ['postgres://ada:p@ss/w#r%d:x@db:5432/shop', { user: 'ada', password: 'p@ss/w#r%d:x', host: 'db' }],
  ])('is read: %s', (url, parts) => {
    expect(readPostgresUrl(url)).toMatchObject(parts);
  });

  it('holds users and passwords of any characters, encoded', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(text, text, text, (user, password, database) => {
        const [u, p, d] = [user, password, database].map(encodeURIComponent);
        expect(readPostgresUrl(`postgres://${u}:${p}@db/${d}`)).toMatchObject({ user, password, database });
      }),
    );
  });

  it('is shown by no error', () => {
    for (const url of [
      'postgres://a:secret@b:x/c',
      'postgres://a:secret@b/c?nope=1',
      'postgres:/a:secret@b',
    ]) {
      expect(() => readPostgresUrl(url)).toThrow();
      expect(() => readPostgresUrl(url)).not.toThrow(/secret/);
    }
    expect(isPostgresUrl('postgres://x')).toBe(true);
    expect(isPostgresUrl('./postgres.duckdb')).toBe(false);
  });
});
