import { describe, expect, it } from 'vitest';
import { hasEscapedKey } from '../../src/protocol/json-spelling.ts';
import { parseLossless, stringifyLossless } from '../../src/protocol/lossless-json.ts';

const keys = ['\\', '"', '\n', 'a\\', 'a"', '__proto__"', 'plain', '/'];

describe('keys that are written with escapes', () => {
  it('are what they are, whatever keys of their length have come before', () => {
    for (const before of keys) {
      for (const key of keys.filter((one) => one !== before)) {
        JSON.parse(JSON.stringify({ h: [], [before]: 0 }));
        const text = JSON.stringify({ h: 1, [before]: 2, [key]: { [key]: 'x\\"' } });
        expect(Object.keys(parseLossless(text) as object)).toEqual(['h', before, key]);
        expect(stringifyLossless(parseLossless(text))).toBe(text);
      }
    }
  });

  it('stand once, with their last value, where a text has them twice', () => {
    expect(parseLossless('{"\\n":1,"b":2,"\\n":1.0}')).toEqual({ '\n': 1, b: 2 });
  });

  it.each([
    ['{"a\\n":1}', true],
    ['[{"b":"\\"","\\u0041" : 1}]', true],
    ['{"a":"\\n\\":\\\\","b":["\\t"]}', false],
    ['{"\\\\":"x"}', true],
    ['"\\n"', false],
    ['7', false],
  ])('are found in %s: %s', (text, isThere) => {
    expect(hasEscapedKey(text)).toBe(isThere);
  });
});
