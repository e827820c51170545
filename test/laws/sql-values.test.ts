import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLossless, stringifyLossless } from '../../src/protocol/lossless-json.ts';
import { openDuckDb } from '../../src/sql/duckdb/driver.ts';
import { sql } from '../../src/sql/sql.ts';
import { emptyDatabase, runningServer } from '../postgres/engine.ts';
import { landing, schemas } from '../sql/landing.ts';

const engines = [
  { engine: 'DuckDB', open: (folder: string) => openDuckDb({ path: join(folder, 'law.duckdb') }) },
  { engine: 'PostgreSQL', open: emptyDatabase(runningServer()) },
];
const kinds = Object.keys(schemas);
const properties = Object.fromEntries(kinds.map((kind) => [kind, schemas[kind as keyof typeof schemas]]));

const digits = fc.stringMatching(/^[0-9]{1,22}$/).map((text) => text.replace(/^0+(?=.)/, ''));
const numbers = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc
    .tuple(fc.constantFrom('', '-'), digits, digits, fc.constantFrom('', 'e5', 'E-7', 'e400', 'e-400'))
    .map(([sign, whole, fraction, exponent]) => `${sign}${whole}.${fraction}${exponent}`),
);
const two = (max: number) => fc.integer({ min: 0, max }).map((value) => String(value).padStart(2, '0'));
const days = fc
  .tuple(fc.constantFrom('2024', '0001', '9999', '1969'), two(13), two(31))
  .map((parts) => parts.join('-'));
const clocks = fc
  .tuple(
    two(24),
    two(60),
    two(60),
    fc.constantFrom('', '.5', '.120', '.000', '.123456', '.100000', '.123456789'),
  )
  .map(([hours, minutes, seconds, fraction]) => `${hours}:${minutes}:${seconds}${fraction}`);
const zones = fc.constantFrom('', 'Z', 'Z', '+00:00', '+05:30', '-03', 'z');
const times = fc.oneof(
  days,
  fc.tuple(clocks, zones).map((parts) => parts.join('')),
  fc.tuple(days, fc.constantFrom('T', ' '), clocks, zones).map((parts) => parts.join('')),
);
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  times,
  numbers,
  fc.constantFrom('true', 'null', 'NaN', '{}', '"', '\\'),
);
const scalars = fc.oneof(
  numbers,
  texts.map((text) => JSON.stringify(text)),
  fc.constantFrom('true', 'false', 'null'),
);
const nested = fc.oneof(
  scalars,
  fc.array(scalars, { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
  fc
    .array(fc.tuple(texts, scalars), { maxLength: 3 })
    .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
);

/** Values that mostly suit their column, in records that mostly have all of them. */
const fitting: Readonly<Record<string, fc.Arbitrary<string>>> = {
  string: texts.map((text) => JSON.stringify(text)),
  integer: numbers,
  number: numbers,
  date: times.map((text) => JSON.stringify(text)),
  instant: times.map((text) => JSON.stringify(text)),
  wallClock: times.map((text) => JSON.stringify(text)),
  time: times.map((text) => JSON.stringify(text)),
  zonedTime: times.map((text) => JSON.stringify(text)),
};
const member = (kind: string): fc.Arbitrary<string> =>
  fc
    .oneof({ weight: 4, arbitrary: fitting[kind] ?? nested }, { weight: 1, arbitrary: nested })
    .map((value) => `"${kind}":${value}`);
const datas = fc
  .tuple(fc.subarray(kinds, { minLength: 1 }), fc.constantFrom(',', ', '))
  .chain(([some, comma]) => fc.tuple(...some.map(member)).map((members) => `{${members.join(comma)}}`));

describe.each(engines)('values in $engine', ({ open }) => {
  it('come back exactly, and are the same however they were read', async () => {
    await using things = await landing(open, properties);
    await fc.assert(
      fc.asyncProperty(fc.array(datas, { minLength: 1, maxLength: 12 }), async (batch) => {
        await things.land(batch);
        const own = await things.db.query(sql`SELECT * FROM things ORDER BY _sluice_position`);
        const back = await things.back();
        await things.db.run(sql`DELETE FROM things`);
        await things.land(batch, { ending: '\r\n' });
        const checked = await things.db.query(sql`SELECT * FROM things ORDER BY _sluice_position`);
        const backChecked = await things.back();
        await things.db.run(sql`DELETE FROM things`);
        expect(own.map(plain)).toEqual(checked.map(plain));
        expect(back.map(sorted)).toEqual(batch.map(sorted));
        expect(backChecked.map(sorted)).toEqual(batch.map(sorted));
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

/** Without what differs each time, and with how the records were spelled. */
function plain(row: Readonly<Record<string, unknown>>): string {
  const { _airbyte_raw_id, _sluice_position, _sluice_raw, _sluice_form, ...rest } = row;
  return stringifyLossless(rest);
}
