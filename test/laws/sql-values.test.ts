import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLossless, stringifyLossless } from '../../src/protocol/lossless-json.ts';
import { join, sql } from '../../src/sql/sql.ts';
import { landing, schemas } from '../sql/landing.ts';
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

  it('of texts are the same texts, in tables and in statements', async () => {
    await using things = await landing(open, { v: schemas.string });
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 40 }), async (batch) => {
        await things.land(batch.map((v) => JSON.stringify({ v })));
        const held = await things.db.query(
          sql`SELECT v, _sluice_raw AS r FROM things ORDER BY _sluice_position`,
        );
        await things.db.run(sql`DELETE FROM things`);
        // Which says as well that no line had to be kept beside its columns.
        expect(held).toEqual(batch.map((v) => ({ v, r: null })));
        const bound = batch.map((v, index) => sql`SELECT ${index} AS n, ${v} AS v`);
        const asked = await things.db.query(sql`${join(bound, ' UNION ALL ')} ORDER BY n`);
        expect(asked.map(({ v }) => v)).toEqual(batch);
      }),
      { numRuns: 40 },
    );
  });
});

/** Texts that every engine can hold: not the character NUL, and no half of a pair. */
const texts = fc
  .tuple(
    fc.constantFrom('', '\ufeff', '\ufeff\ufeff', '\u200b', ' ', '\r\n', '"', "'", '\\', '\ufffe', '\uffff'),
    fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constant('x'.repeat(40))),
  )
  .map((parts) => parts.join('').replaceAll(/[\0\p{Cs}]/gu, ''));

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
