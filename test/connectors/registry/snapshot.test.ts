import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtIn } from '../../../src/connectors/built-in.ts';
import { readSnapshot } from '../../../src/connectors/registry/snapshot.ts';

const folder = join(import.meta.dirname, '../../../registry');

describe('what comes with Sluice', () => {
  it.each(Object.entries(builtIn))(
    'has the spec of %s as its code has it (vitest -u writes it)',
    async (name, load) => {
      const { spec } = await load();
      await expect(`${JSON.stringify(spec, null, 2)}\n`).toMatchFileSnapshot(
        join(folder, 'specs', `${name}.json`),
      );
    },
  );

  it('has no spec of what is not built in', () => {
    const names = readdirSync(join(folder, 'specs')).map((file) => file.replace(/\.json$/, ''));
    expect(names.toSorted()).toEqual(Object.keys(builtIn).toSorted());
  });

  it('lists all that is built in, each by its kind and once, and for every package what it answered', () => {
    const snapshot = readSnapshot();
    const names = snapshot.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const ofOurs = snapshot.filter(({ ways }) => ways.some(({ way }) => way === 'built in'));
    expect(ofOurs.map(({ name }) => name).toSorted()).toEqual(Object.keys(builtIn).toSorted());
    for (const { name, kind, ways } of snapshot) {
      expect(name.startsWith(`${kind}-`)).toBe(true);
      for (const way of ways) if (way.way === 'python') expect(way.verified?.answered).toContain('spec');
    }
  });
});
