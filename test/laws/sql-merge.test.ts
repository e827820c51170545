import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDuckDb } from '../../src/sql/duckdb/driver.ts';
import { sql } from '../../src/sql/sql.ts';
import { emptyDatabase, runningServer } from '../postgres/engine.ts';
import { landing, schemas } from '../sql/landing.ts';

interface Thing {
  readonly org: string | null;
  readonly id: number | null;
  readonly at: number | null;
  readonly v: number;
}

const engines = [
  { engine: 'DuckDB', open: (folder: string) => openDuckDb({ path: join(folder, 'law.duckdb') }) },
  { engine: 'PostgreSQL', open: emptyDatabase(runningServer()) },
];

const things = fc.record({
  org: fc.constantFrom('a', 'b', null),
  id: fc.constantFrom(1, 2, 3, null),
  at: fc.constantFrom(1, 2, 3, null),
  v: fc.nat(),
});

describe.each(engines)('merging in $engine', ({ open }) => {
  it.each([[['at']], [[]]])(
    'leaves of each key the latest row, however records are cut into batches (cursor %j)',
    async (cursor) => {
      const properties = {
        org: schemas.string,
        id: schemas.integer,
        at: schemas.integer,
        v: schemas.integer,
      };
      await using merged = await landing(open, properties, { primaryKey: [['org'], ['id']], cursor });
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
            expect([...back].sort()).toEqual(latest(batches.flat(), cursor.length > 0).sort());
          },
        ),
        { numRuns: 25 },
      );
    },
  );
});

/** The model: a map by key. */
function latest(all: readonly Thing[], byCursor: boolean): string[] {
  const kept = new Map<string, Thing>();
  for (const thing of all) {
    const key = JSON.stringify([thing.org, thing.id]);
    const held = kept.get(key);
    const isEarlier = byCursor && held !== undefined && (thing.at ?? -1) < (held.at ?? -1);
    if (!isEarlier) kept.set(key, thing);
  }
  return [...kept.values()].map((thing) => JSON.stringify(thing));
}
