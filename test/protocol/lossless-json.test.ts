import { describe, expect, it } from 'vitest';
import {
  LosslessNumber,
  parseLossless,
  parseSpelled,
  stringifyLossless,
} from '../../src/protocol/lossless-json.ts';

describe('parseLossless', () => {
  it.each([
    ['1', 1],
    ['1.0', 1],
    ['10.50', 10.5],
    ['1e3', 1000],
    ['-0', -0],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['5e-324', Number.MIN_VALUE],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', 9007199254740992n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['18446744073709551616', 18446744073709551616n],
    ['1e400', new LosslessNumber('1e400')],
    ['0.1234567890123456789', new LosslessNumber('0.1234567890123456789')],
    ['9007199254740993.0', new LosslessNumber('9007199254740993.0')],
  ])('takes %s for what it is worth, and writes it as it was', (token, value) => {
    expect(parseLossless(token)).toEqual(value);
    const row = parseLossless(`{"a":[${token}],"b":${token}}`);
    expect(row).toEqual({ a: [value], b: value });
    expect(stringifyLossless(row)).toBe(`{"a":[${token}],"b":${token}}`);
  });

  it('keeps the order of keys that look like integers, however they are spelled', () => {
    const text = '{"b":1,"10":2,"2":3,"a":{"1":1,"0":0}}';
    expect(stringifyLossless(parseLossless(text))).toBe(text);
    expect(stringifyLossless(parseLossless('{"b":1,"\\u0031":2}'))).toBe('{"b":1,"1":2}');
    expect(stringifyLossless(parseLossless('{"b":1, "1" : 2}'))).toBe('{"b":1,"1":2}');
  });

  it('takes __proto__ for a key like any other', () => {
    const text = '{"__proto__":{"a":1.0},"constructor":9223372036854775807}';
    const row = parseLossless(text);
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    expect(stringifyLossless(row)).toBe(text);
  });

  it('keeps lone surrogates', () => {
    expect(parseLossless('["\\ud800"]')).toEqual(['\ud800']);
    expect(stringifyLossless(['\ud800'])).toBe('["\\ud800"]');
  });

  it('takes the last of equal keys, as JSON.parse does', () => {
    expect(parseLossless('{"a":9007199254740993,"a":"x"}')).toEqual({ a: 'x' });
    expect(parseLossless('{"a":9007199254740993,"a":2}')).toEqual({ a: 2 });
    expect(parseLossless('{"a":{"b":9007199254740993},"a":{"b":9007199254740992}}')).toEqual({
      a: { b: 9007199254740992n },
    });
    expect(parseLossless('{"a":{"b":9007199254740993},"a":[1]}')).toEqual({ a: [1] });
  });

  it('reads numbers nowhere but where they are numbers', () => {
    const text = '{"text":"a \\"1.0\\", -0, [1e400]","\\\\":"\\\\","n":1.0}';
    expect(parseLossless(text)).toEqual({ text: 'a "1.0", -0, [1e400]', '\\': '\\', n: 1 });
    expect(stringifyLossless(parseLossless(text))).toBe(text);
  });

  it('refuses what is no JSON', () => {
    for (const text of ['', '{', '{"a":01}', '{"a":1.}', 'NaN', '{"a":1}x', '"']) {
      expect(() => parseLossless(text)).toThrow(SyntaxError);
    }
  });
});

describe('parseSpelled', () => {
  it('gives JS numbers only, and is still written as it was spelled', () => {
    const text = '{"maximum":9223372036854775807,"10":1.0,"multipleOf":1e400}';
    const schema = parseSpelled(text);
    expect(schema).toEqual({ maximum: 2 ** 63, '10': 1, multipleOf: Number.POSITIVE_INFINITY });
    expect(stringifyLossless(schema)).toBe(text);
  });
});

describe('stringifyLossless', () => {
  it('writes what was changed as it is now, and all else as it was spelled', () => {
    const row = parseLossless('{"a":1.0,"b":2.0,"9":3.0,"c":4.0}') as Record<string, unknown>;
    row['a'] = 5;
    delete row['b'];
    row['d'] = 6n;
    expect(stringifyLossless(row)).toBe('{"a":5,"9":3.0,"c":4.0,"d":6}');
  });

  it('writes dates, undefined, NaN and objects with toJSON as JSON.stringify does', () => {
    const row = {
      at: new Date(0),
      none: undefined,
      nan: Number.NaN,
      url: new URL('http://x/'),
      list: [undefined],
    };
    expect(stringifyLossless(row)).toBe(JSON.stringify(row));
    expect(stringifyLossless({ ...row, big: 2n ** 70n })).toBe(
      `${JSON.stringify(row).slice(0, -1)},"big":1180591620717411303424}`,
    );
  });

  it('refuses what is nested too deeply, and parses it all the same', () => {
    const deep = `${'['.repeat(100_000)}1.0${']'.repeat(100_000)}`;
    const value = parseLossless(deep);
    expect(() => stringifyLossless(value)).toThrow('nested too deeply');
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => stringifyLossless(circle)).toThrow('nested too deeply, or in itself');
  });
});
