import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LosslessNumber, parseLossless, stringifyLossless } from '../../src/protocol/lossless-json.ts';
import { misreadsKeys } from '../../src/protocol/parse-json.ts';

describe('lossless JSON', () => {
  it('writes what it has parsed as it was spelled', () => {
    fc.assert(
      fc.property(container({ withEscapedKeys: true }), (text) => {
        expect(stringifyLossless(parseLossless(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('parses what JSON.parse parses, and only digits differ', () => {
    fc.assert(
      fc.property(container(), (text) => {
        expect(isDeepStrictEqual(rounded(parseLossless(text)), JSON.parse(text))).toBe(true);
      }),
      { numRuns: 800 },
    );
  });

  it('takes a number for a JS number where that is the same decimal, else for a bigint or a LosslessNumber', () => {
    fc.assert(
      fc.property(numberToken(), (token) => {
        const [value] = parseLossless(`[${token}]`) as readonly unknown[];
        if (typeof value === 'bigint') {
          expect(value).toBe(BigInt(token));
          expect(Number.isSafeInteger(Number(token))).toBe(false);
        } else if (value instanceof LosslessNumber) {
          expect(value.value).toBe(token);
          expect(isSameDecimal(token, String(Number(token)))).toBe(false);
        } else {
          expect(Object.is(value, Number(token))).toBe(true);
          expect(Number.isSafeInteger(value) || !/^-?\d+$/.test(token)).toBe(true);
          expect(isSameDecimal(token, String(value))).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('writes a value that was changed, not what it was', () => {
    fc.assert(
      fc.property(numberToken(), fc.double({ noNaN: true, noDefaultInfinity: true }), (token, changed) => {
        const row = parseLossless(`{"2":1.0,"a":${token}}`) as Record<string, unknown>;
        const isSame = Object.is(row['a'], changed);
        row['a'] = changed;
        expect(stringifyLossless(row)).toBe(`{"2":1.0,"a":${isSame ? token : JSON.stringify(changed)}}`);
      }),
    );
  });

  it('writes every value of JavaScript as JSON.stringify does', () => {
    const values = fc.anything({
      withDate: true,
      withBoxedValues: true,
      withSparseArray: true,
      withNullPrototype: true,
    });
    fc.assert(
      fc.property(values, (value) => {
        const written = JSON.stringify([value]);
        expect(stringifyLossless([value])).toBe(written);
        expect(stringifyLossless([value, 1n])).toBe(`${written.slice(0, -1)},1]`);
      }),
      { numRuns: 1000 },
    );
  });

  it('throws what JSON.parse throws for text that is no JSON', () => {
    fc.assert(
      fc.property(container(), fc.nat(), (text, place) => {
        const cut = text.slice(0, place % text.length);
        expect(() => parseLossless(cut)).toThrow(SyntaxError);
      }),
    );
  });
});

const extremes = [
  '0',
  '-0',
  '1.0',
  '-1.0',
  '0.0',
  '-0.0',
  '1e3',
  '1E+3',
  '10.50',
  '9223372036854775807',
  '-9223372036854775808',
  '18446744073709551616',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '1.7976931348623157e308',
  '5e-324',
  '1e400',
  '-1e-400',
  '0.1',
  '0.30000000000000004',
  '0.1234567890123456789',
  '123456789012345.6',
  '0.000001',
  '0.0000001',
  '100000000000000000000',
  '1e21',
  '123456789.123456789',
  '1795258828772.1592',
];

function numberToken(): fc.Arbitrary<string> {
  const digits = (maxLength: number) =>
    fc.array(fc.constantFrom(...'0123456789'), { minLength: 1, maxLength }).map((all) => all.join(''));
  const parts = fc.tuple(
    fc.constantFrom('', '-'),
    digits(20).map((whole) => whole.replace(/^0+(?=\d)/, '')),
    fc.oneof(
      fc.constant(''),
      digits(20).map((fraction) => `.${fraction}`),
    ),
    fc.oneof(
      { weight: 4, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom('e5', 'E-7', 'e+0', 'e300') },
    ),
  );
  return fc.oneof(
    fc.constantFrom(...extremes),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
    parts.map((all) => all.join('')),
  );
}

/** The text of an object or array without white space (keys with escapes by themselves only where JSON.parse reads them), its strings spelled as JSON.stringify does. */
function container({ withEscapedKeys = !misreadsKeys } = {}): fc.Arbitrary<string> {
  const string = fc.oneof(
    fc.constantFrom(
      '10',
      '2',
      '01',
      '-1',
      '4294967295',
      '__proto__',
      'constructor',
      'a',
      '',
      ', 1.0, ',
      '"1":',
      '\\',
      '\ud800',
    ),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  const quoted = string.map((value) => JSON.stringify(value));
  const key = withEscapedKeys ? quoted : quoted.filter((text) => !text.includes('\\'));
  return fc.letrec<{ value: string; object: string; array: string; container: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      numberToken(),
      quoted,
      fc.constantFrom('true', 'false', 'null'),
      tie('object'),
      tie('array'),
    ),
    object: fc
      .uniqueArray(fc.tuple(key, tie('value')), { maxLength: 6, selector: ([name]) => name })
      .map((members) => `{${members.map(([name, value]) => `${name}:${value}`).join()}}`),
    array: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join()}]`),
    container: fc.oneof(tie('object'), tie('array')),
  })).container;
}

function rounded(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof LosslessNumber) return Number(value.value);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, rounded(field)]));
}

/** Compares decimals as fractions of integers, the slow and obvious way. */
function isSameDecimal(a: string, b: string): boolean {
  if (!/\d/.test(b)) return false;
  const [x, y] = [fraction(a), fraction(b)];
  return x.numerator * y.denominator === y.numerator * x.denominator;
}

function fraction(token: string): { readonly numerator: bigint; readonly denominator: bigint } {
  const [mantissa = '', exponent = '0'] = token.toLowerCase().split('e');
  const [whole = '', decimals = ''] = mantissa.split('.');
  const power = BigInt(exponent) - BigInt(decimals.length);
  const digits = BigInt(whole + decimals);
  return power < 0n
    ? { numerator: digits, denominator: 10n ** -power }
    : { numerator: digits * 10n ** power, denominator: 1n };
}
