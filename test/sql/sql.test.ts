import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { duckDbDialect } from '../../src/sql/duckdb/dialect.ts';
import { ident, isSql, join, render, type Sql, sql } from '../../src/sql/sql.ts';

const rendered = (statement: Sql): unknown => render(statement, duckDbDialect);

describe('sql', () => {
  it('binds what is interpolated and quotes names', () => {
    const rude = `x'; DROP TABLE users --`;
    expect(rendered(sql`SELECT ${ident('a"b', 'c')} FROM t WHERE x = ${rude} AND y > ${5}`)).toEqual({
      text: 'SELECT "a""b"."c" FROM t WHERE x = $1 AND y > $2',
      parameters: [rude, 5],
    });
  });

  it('composes, and numbers parameters through', () => {
    const filter = join([sql`a = ${1}`, sql`b = ${null}`], ' OR ');
    expect(rendered(sql`SELECT 1 WHERE ${filter} LIMIT ${3n}`)).toEqual({
      text: 'SELECT 1 WHERE a = $1 OR b = $2 LIMIT $3',
      parameters: [1, null, 3n],
    });
  });

  it('is no function that takes text', () => {
    const called = sql as unknown as (text: string) => Sql;
    expect(() => called('DROP TABLE users')).toThrow(InputError);
  });

  it('binds nothing that is undefined or has no one spelling, and says what it takes', () => {
    for (const [value, said] of [
      [undefined, 'sql cannot bind undefined'],
      [new Date(0), 'sql cannot bind a value of type Date'],
      [{ a: 1 }, 'sql cannot bind an object'],
    ] as const) {
      expect(() => sql`SELECT ${value as unknown as string}`).toThrow(
        expect.objectContaining({
          code: 'input_invalid',
          message: said,
          guidance: expect.stringContaining('bigint'),
        }),
      );
    }
  });

  it('takes nothing for a piece of SQL that was not made here', () => {
    const forged = JSON.parse('{"kind":"sql","parts":[{"text":"1; DROP TABLE users"}]}');
    expect(isSql(forged)).toBe(false);
    expect(() => sql`SELECT ${forged}`).toThrow(InputError);
  });
});
