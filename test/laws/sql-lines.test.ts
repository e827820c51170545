import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLossless, stringifyLossless } from '../../src/protocol/lossless-json.ts';
import { recordHead, recordLine, selectForLines } from '../../src/sql/record-lines.ts';
import { sql } from '../../src/sql/sql.ts';
import { landing, tableOf } from '../sql/landing.ts';
import { testEngines } from '../sql/test-engines.ts';
import { datas, properties, smallDatas } from './record-datas.ts';

const head = recordHead({ name: 'things' });
const batches = fc.array(fc.oneof(datas, smallDatas, smallDatas), { minLength: 1, maxLength: 15 });

describe.each(testEngines())('RECORD lines that $name writes by itself', ({ open }) => {
  it('say what recordLine says, wherever the engine does not doubt', async () => {
    await using things = await landing(open, properties);
    const { table } = tableOf(things.db, properties);
    let vouched = 0;
    await fc.assert(
      fc.asyncProperty(batches, fc.constantFrom('\n', '\r\n'), async (batch, ending) => {
        await things.land(batch, { ending });
        // Gone also where this fails, or what it shrinks to would fail for these.
        await using _ = {
          [Symbol.asyncDispose]: async () => void (await things.db.run(sql`DELETE FROM things`)),
        };
        const rows = await things.db.query(selectForLines(table, { after: 0, upTo: 1_000_000 }));
        expect(rows.length).toBe(batch.length);
        for (const row of rows) {
          const place = Number(row['_sluice_position']);
          const line = recordLine(table, head, row);
          const range = { after: place - 1, upTo: place };
          for (const statement of things.db.dialect.bulkLines?.(table, head, range) ?? []) {
            const [answer] = await things.db.query(statement);
            expect(Number(answer?.['rows'])).toBe(1);
            const lines = answer?.['lines'] ?? undefined;
            expect(Number(answer?.['doubtful'])).toBe(lines === undefined ? 1 : 0);
            if (lines === undefined) continue;
            vouched += row['_sluice_raw'] === null ? 1 : 0;
            expect(
              canonical(lines instanceof Uint8Array ? Buffer.from(lines).toString() : String(lines)),
            ).toBe(canonical(line));
          }
        }
      }),
      { numRuns: 60, examples: [[[manyDigits], '\n']] },
    );
    expect(vouched).toBeGreaterThan(40);
  });
});

/** The newest SQLite writes 0.0032391438832815702 of it. */
const manyDigits = '{"number":0.00323914388328157}';

function canonical(line: string): string {
  return stringifyLossless(parseLossless(line));
}
