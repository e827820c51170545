import { LosslessNumber } from 'lossless-json';
import { ProtocolError } from '../errors.ts';
import { annotate, exactNumber, keepsSpelling } from './json-spelling.ts';
import { isSpelled, writeSpelled } from './json-writing.ts';
import { parseJson } from './parse-json.ts';

export { LosslessNumber };

/**
 * Parses JSON without losing anything: numbers are JS numbers where their value stays the same, `bigint` for integers
 * beyond the safe range, and LosslessNumber for what a double cannot hold. `stringifyLossless` writes each number
 * that is still the same as it was spelled (`1.0`, `1e3`, `-0`), and keys in the order in which they came. Throws a
 * SyntaxError for text that is no JSON.
 */
export function parseLossless(text: string): unknown {
  const value: unknown = parseJson(text);
  return keepsSpelling(text) ? value : annotate(text, value, exactNumber);
}

/**
 * Parses JSON as JSON.parse does, every number a JS number, for whoever cannot take another (JSON Schema, say);
 * `stringifyLossless` still writes the numbers as they were spelled.
 */
export function parseSpelled(text: string): unknown {
  const value: unknown = parseJson(text);
  return keepsSpelling(text) ? value : annotate(text, value, Number);
}

/**
 * Writes JSON as JSON.stringify does, and what parseLossless has kept, `bigint` and LosslessNumber in all their
 * digits.
 */
export function stringifyLossless(value: unknown): string {
  try {
    return isSpelled(value) ? writeSpelled(value) : (JSON.stringify(value) ?? 'null');
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ProtocolError('a value is nested too deeply, or in itself, and cannot be written as JSON', {
      cause,
    });
  }
}
