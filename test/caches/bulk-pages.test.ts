import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linePages } from '../../src/caches/bulk-pages.ts';
import { StorageError } from '../../src/errors.ts';
import type { Driver } from '../../src/sql/driver.ts';
import { openSqlite } from '../../src/sql/sqlite/driver.ts';
import { landing, schemas, tableOf } from '../sql/landing.ts';

async function linesFrom(driver: Driver, rows: number): Promise<string> {
  const request = {
    driver,
    table: tableOf(driver, { id: schemas.integer, text: schemas.string }).table,
    head: '{"type":"RECORD","record":{"stream":"things","data":',
    range: { after: 0, upTo: rows },
    signal: new AbortController().signal,
  };
  let text = '';
  for await (const page of linePages(request)) text += page.lines.toString();
  return text;
}

/** The same driver, whose engine finds the text of the first so many pages too long. */
function refusing(driver: Driver, pages: number): Driver {
  let refused = 0;
  return new Proxy(driver, {
    get(target, name) {
      if (name !== 'query') return Reflect.get(target, name);
      const query: Driver['query'] = async (statement, options) => {
        refused += 1;
        if (refused <= pages) throw new StorageError('string or blob too big');
        return target.query(statement, options);
      };
      return query;
    },
  });
}

describe('rows whose lines are longer together than one text of the engine', () => {
  it('are read one by one, and those behind them in shorter pages', async () => {
    await using things = await landing((folder) => openSqlite({ path: join(folder, 'a.sqlite') }), {
      id: schemas.integer,
      text: schemas.string,
    });
    await things.land(Array.from({ length: 3_000 }, (_, id) => `{"id":${id},"text":"row ${id}"}`));
    const lines = await linesFrom(things.db, 3_000);
    expect(lines.match(/\n/g)).toHaveLength(3_000);
    for (const pages of [1, 2, 100]) expect(await linesFrom(refusing(things.db, pages), 3_000)).toBe(lines);
  });
});
