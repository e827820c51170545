import { expect, it } from 'vitest';
import type { Cache } from '../../src/caches/cache.ts';
import { records } from '../../src/index.ts';

/** What every cache makes of names that are long, strange or alike. `open` opens a new cache. */
export function cacheNamesContract(open: (name: string) => Cache): void {
  it('holds streams and fields of 300 letters that differ in the last only', async () => {
    const cache = open('long');
    const long = 'é'.repeat(299);
    for (const last of ['a', 'b']) {
      const row = { [`${long}a`]: 1, [`${long}b`]: last };
      const { streams } = await records(`${long}${last}`, [row]).read(cache);
      expect(await streams[`${long}${last}`]?.toArray()).toEqual([row]);
    }
    expect((await cache.streams()).map(({ label }) => label)).toEqual([`${long}a`, `${long}b`]);
  });

  it('holds names that are words of SQL, have quotes in them or lines', async () => {
    const cache = open('strange');
    const row = { select: 1, 'a"b': 2, "a'b;--": 3, 'c\nd': 4, __proto: 5, '': 6, '%s $1 ?': 7, 日本: 8 };
    for (const name of ['order', 'a "b" c', "drop table users;--'", '日本 語']) {
      const { streams } = await records(name, [row]).read(cache);
      expect(await streams[name]?.toArray()).toEqual([row]);
    }
  });

  it('refuses fields and streams that differ by case only, and lists them', async () => {
    const cache = open('alike');
    await expect(records('people', [{ Id: 1, id: 2 }]).read(cache)).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringMatching(/"?Id"?.*"?id"?/),
    });
    await records('People', [{ n: 1 }]).read(cache);
    await expect(records('people', [{ n: 2 }]).read(cache)).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringContaining('People'),
    });
    expect(await (await cache.dataset('People')).toArray()).toEqual([{ n: 1 }]);
  });

  it('takes what is no object as a row of one value', async () => {
    const { streams } = await records('values', [1, [2], null]).read(open('values'));
    expect(await streams['values']?.toArray()).toEqual([{ value: 1 }, { value: [2] }, { value: null }]);
  });
}
