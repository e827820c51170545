import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileNamesOf } from '../../../src/connectors/destinations/file-name.ts';
import { type StreamDescriptor, streamKey } from '../../../src/protocol/catalog.ts';

describe('the file name of a stream', () => {
  it.each([
    [{ name: 'users' }, 'users'],
    [{ name: 'users', namespace: null }, 'users'],
    [{ name: 'users', namespace: 'crm' }, 'crm.users'],
    [{ name: 'crm.users' }, 'crm%2eusers'],
    [{ name: 'userID' }, 'userID'],
    [{ name: 'a/b\\c' }, 'a%2fb%5cc'],
    [{ name: '..' }, '%2e%2e'],
    [{ name: '.hidden' }, '%2ehidden'],
    [{ name: 'con' }, '%63on'],
    [{ name: 'users', namespace: 'nul' }, '%6eul.users'],
    [{ name: 'console' }, 'console'],
    [{ name: 'größe' }, 'gr%c3%b6%c3%9fe'],
    [{ name: '' }, '%'],
    [{ name: 'users', namespace: '' }, '%.users'],
    [{ name: 'two words' }, 'two%20words'],
  ])('of %j is %s', (stream, name) => {
    expect(fileNameOf(stream)).toBe(name);
  });

  it('tells streams apart that differ by case only', () => {
    const streams = [{ name: 'users' }, { name: 'Users' }, { name: 'userS' }, { name: 'Orders' }];
    expect([...fileNamesOf(streams).values()]).toEqual(['users', 'Users~1', 'userS~10', 'Orders']);
  });

  it('is short, also where the stream has a long name', () => {
    const long = { name: 'x'.repeat(300) };
    expect(fileNameOf(long)).toHaveLength(180);
    expect(fileNameOf(long)).not.toBe(fileNameOf({ name: 'x'.repeat(301) }));
  });

  it('is safe everywhere, and no two streams share one, not even where case is ignored', () => {
    fc.assert(
      fc.property(fc.array(stream(), { minLength: 2, maxLength: 8 }), (streams) => {
        const distinct = [...new Map(streams.map((one) => [streamKey(one), one])).values()];
        const names = [...fileNamesOf(distinct).values()];
        expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
        for (const name of names) {
          expect(name).toMatch(/^[a-zA-Z0-9_%~.-]{1,180}$/);
          expect(name).not.toMatch(/^\.|\.$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

function fileNameOf(stream: StreamDescriptor): string | undefined {
  return fileNamesOf([stream]).get(streamKey(stream));
}

/** Streams whose names are alike: few letters, in both cases, and what has a meaning in file names. */
function stream(): fc.Arbitrary<StreamDescriptor> {
  const alike = fc.string({
    unit: fc.constantFrom('a', 'A', 'b', '.', '%', '~', '1', '/', 'é', '\ud800'),
    maxLength: 6,
  });
  const text = fc.oneof(
    { weight: 5, arbitrary: alike },
    fc.constantFrom(
      'con',
      'CON',
      'Con',
      'com1',
      'nul',
      '%63on',
      'x'.repeat(178),
      'X'.repeat(178),
      'x'.repeat(400),
    ),
    fc.string({ unit: 'binary', maxLength: 90 }),
  );
  return fc.record({ name: text, namespace: fc.option(text) });
}
