import { expect, it } from 'vitest';
import type { Cache } from '../../src/caches/cache.ts';
import { getSource, ident, records, sql } from '../../src/index.ts';

/** What every cache makes of two sources for one table. `open` opens a cache by its name, the same one each time. */
export function cacheOwnersContract(
  open: (name: string, options?: { readonly tablePrefix: string }) => Cache,
): void {
  it('refuses a table of another source of the same kind, but lets a connection change its config', async () => {
    const source = (seed: number) => getSource('source-faker', { count: 1, seed }).selectStreams(['users']);
    await source(1).read(open('kinds'));
    await expect(source(2).read(open('kinds'))).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringMatching(
        /^table users is filled by another source-faker already \(connection .*source-faker\.seed differ/,
      ),
      guidance: expect.stringContaining('tablePrefix'),
    });
    await source(2).read(open('kinds', { tablePrefix: 'b_' }));
    await source(1).read(open('named'), { connection: 'mine' });
    const { summary } = await source(3).read(open('named'), { connection: 'mine' });
    expect(summary.warnings.map(({ code }) => code)).toContain('config_changed');
  });

  it('says which of its own tables somebody has dropped, and leaves the rest as it is', async () => {
    const people = records('people', [{ id: 1 }]);
    for (const lost of ['_sluice_states', '_sluice_streams']) {
      await people.read(open(lost));
      await open(lost)
        .query(sql`drop table ${ident(lost)}`)
        .toArray();
      await expect(people.read(open(lost))).rejects.toMatchObject({
        code: 'state_damaged',
        message: expect.stringContaining(`has lost ${lost}`),
      });
      await expect(open(lost).streams()).rejects.toThrow(`has lost ${lost}`);
      expect(await open(lost).query(sql`select id from people`).toArray()).toEqual([{ id: 1 }]);
    }
  });
}
