import { describe, expect, it } from 'vitest';
import { indented } from '../../src/protocol/json-indent.ts';

describe('JSON over several lines', () => {
  it('is what JSON.stringify makes of it, but for the spelling of numbers', () => {
    const value = { a: [1, { 'b:,{': 'x "y" [\\' }], empty: {}, none: [], last: null };
    expect(indented(JSON.stringify(value))).toBe(`${JSON.stringify(value, undefined, 2)}\n`);
    expect(indented('{"a":1.0,"b":[-0,1e3]}')).toBe('{\n  "a": 1.0,\n  "b": [\n    -0,\n    1e3\n  ]\n}\n');
  });
});
