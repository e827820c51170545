import { describe, expect, it } from 'vitest';
import { fillUrl } from '../../src/cli/fill-url.ts';
import { readPostgresUrl } from '../../src/sql/postgres/connection-url.ts';

const password = `p@ss:w/ö?r#d %41&="'`;
const env = {
  PASSWORD: password,
  HOST: 'db:6432',
  URL: `postgres://ada:${encodeURIComponent(password)}@db/shop`,
};

describe('a URL on the command line', () => {
  it('is filled in from the environment, in part or as a whole', () => {
    const filled = fillUrl('--cache', `postgres://ada:\${PASSWORD}@\${HOST}/shop?schema=raw`, env);
    expect(readPostgresUrl(filled)).toMatchObject({
      user: 'ada',
      password,
      host: 'db',
      port: 6432,
      schemaName: 'raw',
    });
    expect(readPostgresUrl(fillUrl('--cache', `\${URL}`, env))).toMatchObject({ password, database: 'shop' });
  });

  it('is refused with a password in it, which is not shown', () => {
    for (const url of [
      'postgres://ada:secret@db/shop',
      'postgres://db/shop?password=secret',
      `postgres://a:secret\${X}@db`,
    ]) {
      const fill = () => fillUrl('--cache', url, env);
      expect(fill).toThrow(
        "--cache holds a password, which everybody who lists this machine's processes would see",
      );
      expect(fill).not.toThrow(/secret/);
    }
  });

  it('is refused where something is missing', () => {
    expect(() => fillUrl('--cache', `postgres://ada:\${GONE}@db/shop`, env)).toThrow('cannot be filled in');
    expect(() => fillUrl('--cache', `\${HOST}`, env)).toThrow('no URL of a PostgreSQL database');
  });
});
