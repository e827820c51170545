import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { columnNames, tableNames } from '../../src/sql/names.ts';
import { landing, schemas } from '../sql/landing.ts';
import { testEngines } from '../sql/test-engines.ts';

const words = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', minLength: 20, maxLength: 90 }),
  fc.constantFrom(
    'id',
    'ID',
    'Straße',
    'STRASSE',
    'naïve',
    'nai\u0308ve',
    'İ',
    'select',
    'rowid',
    'a b',
    'a.b',
  ),
  fc.constantFrom('_airbyte_meta', '_sluice_raw', '__proto__', 'constructor', '', ' ', '"', "'", '1', '名前'),
);
const fieldsOf = fc.uniqueArray(words, { minLength: 1, maxLength: 12 });
const limits = fc.constantFrom(63, 255);

describe('names in SQL', () => {
  it('fit, keep letters of any language, and never meet in silence', () => {
    fc.assert(
      fc.property(fieldsOf, limits, (fields, identifierBytes) => {
        const dialect = { name: 'Engine', identifierBytes, foldsCase: true };
        let names: ReadonlyMap<string, string>;
        try {
          names = columnNames(fields, dialect, 'users');
        } catch (error) {
          // Refused: then there are two of which each would be well alone, or one that is ours.
          expect(error).toBeInstanceOf(InputError);
          const alone = fields.flatMap((field) => aloneIn(field, dialect));
          expect(new Set(alone).size < fields.length).toBe(true);
          return;
        }
        expect([...names.keys()]).toEqual(fields);
        const all = [...names.values()];
        expect(new Set(all.map((name) => name.normalize('NFC').toLowerCase())).size).toBe(all.length);
        for (const [field, name] of names) {
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(identifierBytes);
          expect(name).toMatch(/^[\p{L}\p{M}_][\p{L}\p{M}\p{Nd}_]*$/u);
          const letters =
            field
              .normalize('NFC')
              .toLowerCase()
              .match(/^[\p{L}_][\p{L}\p{M}_]*/u)?.[0] ?? '';
          if (Buffer.byteLength(field) * 2 < identifierBytes) expect(name.startsWith(letters)).toBe(true);
        }
      }),
    );
  });

  it('tell streams apart by namespace and prefix, or refuse them together', () => {
    const streams = fc.uniqueArray(fc.record({ name: words, namespace: words }, { requiredKeys: ['name'] }), {
      minLength: 1,
      maxLength: 8,
      selector: ({ name, namespace }) => JSON.stringify([namespace ?? null, name]),
    });
    fc.assert(
      fc.property(streams, words, limits, (some, tablePrefix, identifierBytes) => {
        let names: readonly string[];
        try {
          names = [
            ...tableNames(
              some,
              { name: 'Engine', identifierBytes, foldsCase: true },
              { tablePrefix },
            ).values(),
          ];
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect(some.length).toBeGreaterThan(1);
          return;
        }
        expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(some.length);
        for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(identifierBytes);
      }),
    );
  });
});

describe.each(testEngines())('names in $name', ({ open }) => {
  it('hold each field in a column of its own', async () => {
    await fc.assert(
      fc.asyncProperty(fieldsOf, async (fields) => {
        const properties = Object.fromEntries(fields.map((field) => [field, schemas.integer]));
        if (fields.includes('__proto__'))
          Object.defineProperty(properties, '__proto__', { value: schemas.integer, enumerable: true });
        const things = await landing(open, properties).catch((error: unknown) => {
          expect(error).toBeInstanceOf(InputError);
          return undefined;
        });
        fc.pre(things !== undefined);
        await using held = things;
        const data = `{${fields.map((field, index) => `${JSON.stringify(field)}:${index}`).join(',')}}`;
        await held.land([data]);
        await held.land([data]);
        expect((await held.back()).map((text) => JSON.parse(text))).toEqual([
          JSON.parse(data),
          JSON.parse(data),
        ]);
      }),
      { numRuns: 12 },
    );
  });
});

/** The name that a field would have by itself; none for one that takes a column of ours. */
function aloneIn(field: string, dialect: Parameters<typeof columnNames>[1]): readonly string[] {
  try {
    return [...columnNames([field], dialect, 'users').values()];
  } catch {
    return [];
  }
}
