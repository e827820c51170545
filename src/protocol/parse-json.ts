import { parse } from 'lossless-json';
import { hasEscapedKey } from './json-spelling.ts';

/**
 * JSON.parse, right also where this Node's is not: in Node 24 to 26 it takes a key that is written with an escape, as `"\n"`
 * is, for one with a backslash that it has met before (https://github.com/nodejs/node/issues/63785).
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!misreadsKeys || !hasEscapedKey(text)) return value;
  return parse(text, null, { parseNumber: Number, onDuplicateKey: ({ newValue }) => newValue });
}

/** Whether this Node's JSON.parse has that fault. */
export const misreadsKeys = hasFault();

function hasFault(): boolean {
  JSON.parse('{"sluice":[],"\\\\":0}');
  const keys = Object.keys(JSON.parse('{"sluice":1,"\\"":2}') as object);
  return keys[1] !== '"';
}
