import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLossless, stringifyLossless } from '../../src/protocol/lossless-json.ts';
import { sql } from '../../src/sql/sql.ts';
import { landing } from '../sql/landing.ts';
import { testEngines } from '../sql/test-engines.ts';
import { datas, properties } from './record-datas.ts';

describe.each(testEngines())('values in $name', ({ open }) => {
  it('come back exactly', async () => {
    await using things = await landing(open, properties);
    await fc.assert(
      fc.asyncProperty(fc.array(datas, { minLength: 1, maxLength: 12 }), async (batch) => {
        await things.land(batch);
        const back = await things.back();
        await things.db.run(sql`DELETE FROM things`);
        expect(back.map(sorted)).toEqual(batch.map(sorted));
      }),
      { numRuns: 60 },
    );
  });
});

/** The order of fields is not kept; all else is, to the digit. */
function sorted(text: string): string {
  const data = parseLossless(text);
  if (typeof data !== 'object' || data === null) return text;
  const fields = Object.keys(data).map((key) => stringifyLossless(parseLossless(memberOf(text, key))));
  return fields.sort().join('\n');
}

/** One field of an object as an object of its own, spelled as it was. */
function memberOf(text: string, key: string): string {
  const data = parseLossless(text) as Record<string, unknown>;
  for (const other of Object.keys(data)) if (other !== key) delete data[other];
  return stringifyLossless(data);
}
