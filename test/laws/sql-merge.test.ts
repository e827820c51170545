import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sql } from '../../src/sql/sql.ts';
import { landing, schemas } from '../sql/landing.ts';
import { testEngines } from '../sql/test-engines.ts';

/** A thing whose key is (org, who.id), with null and absent parts, and keys that their column cannot hold. */
interface Thing {
  readonly org: string | null;
  readonly who: { readonly id?: number | string | null; readonly at?: string } | null;
  readonly at: number | null;
  readonly v: number;
}

const instants = [
  '2024-01-31T10:30:00Z',
  '2024-01-31T16:00:00.000001+05:30',
  '2024-01-31T10:30:00.5Z',
] as const;

const things: fc.Arbitrary<Thing> = fc.record({
  org: fc.constantFrom('a', 'A', 'b', null),
  who: fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    {
      weight: 6,
      arbitrary: fc.record(
        { id: fc.constantFrom(1, 2, 9007199254740991, null), at: fc.constantFrom(...instants) },
        { requiredKeys: ['at'] },
      ),
    },
  ),
  at: fc.constantFrom(1, 2, 3, null),
  v: fc.nat(),
});

const properties = {
  org: schemas.string,
  who: { type: 'object', properties: { id: schemas.integer, at: schemas.instant } },
  at: schemas.integer,
  v: schemas.integer,
};

/** What a cursor makes of a thing: the greater is the later; null is least. */
const cursors: readonly (readonly [readonly string[], (thing: Thing) => number])[] = [
  [[], () => 0],
  [['at'], ({ at }) => at ?? -1],
  [['who', 'at'], ({ who }) => instants.map(String).indexOf(String(who?.at))],
];

describe.each(testEngines())('merging in $name', ({ open }) => {
  it.each(cursors)(
    'leaves of each key the latest row, however records are cut into batches (cursor %j)',
    async (cursor, placeOf) => {
      await using merged = await landing(open, properties, { primaryKey: [['org'], ['who', 'id']], cursor });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(things, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 }),
          async (batches) => {
            for (const batch of batches)
              await merged.land(
                batch.map((thing) => JSON.stringify(thing)),
                { strategy: 'merge' },
              );
            const back = await merged.back();
            await merged.db.run(sql`DELETE FROM things`);
            // Rows lie in the order in which they arrived; which of them stay is what the model says.
            expect(back).toEqual(latest(batches.flat(), placeOf));
          },
        ),
        { numRuns: 20 },
      );
    },
  );
});

/** The model: a map by key, in which a row that takes the place of another comes last. */
function latest(all: readonly Thing[], placeOf: (thing: Thing) => number): readonly string[] {
  const kept = new Map<string, Thing>();
  for (const thing of all) {
    const key = JSON.stringify([thing.org, thing.who?.id ?? null]);
    const held = kept.get(key);
    if (held !== undefined && placeOf(thing) < placeOf(held)) continue;
    kept.delete(key);
    kept.set(key, thing);
  }
  return [...kept.values()].map((thing) => JSON.stringify(thing));
}
