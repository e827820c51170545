import { isJsonObject } from '../../protocol/json-object.ts';
import { sameDecimal } from '../../protocol/json-spelling.ts';
import { LosslessNumber, parseLossless } from '../../protocol/lossless-json.ts';
import type { JsonSchema } from '../authoring/define-source.ts';

/**
 * Whether a store says the same in other words: a number spelled otherwise, an instant at another offset, keys in
 * another order, JSON as text. Both values are parsed without losing digits.
 */
export function saysTheSame(expected: unknown, actual: unknown, schema: JsonSchema | undefined): boolean {
  if (isSame(expected, actual)) return true;
  if (typeof expected === 'string' && typeof actual === 'string') {
    const read = timeReader(schema);
    const time = read?.(expected);
    return time !== undefined && time === read?.(actual);
  }
  const isContainer = typeof expected === 'object' && expected !== null && !isNumber(expected);
  return isContainer && typeof actual === 'string' && isSame(expected, parsed(actual));
}

function isSame(one: unknown, other: unknown): boolean {
  if (isNumber(one) && isNumber(other)) return sameNumber(String(one), String(other));
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  }
  if (isJsonObject(one) && isJsonObject(other)) {
    const names = Object.keys(one);
    if (names.length !== Object.keys(other).length) return false;
    return names.every((name) => Object.hasOwn(other, name) && isSame(one[name], other[name]));
  }
  return one === other;
}

function isNumber(value: unknown): value is number | bigint | LosslessNumber {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof LosslessNumber;
}

function sameNumber(one: string, other: string): boolean {
  if (!sameDecimal(one, other)) return false;
  return one.startsWith('-') === other.startsWith('-') || !/[1-9]/.test(one.replace(/e.*$/i, ''));
}

function parsed(text: string): unknown {
  try {
    return parseLossless(text);
  } catch {
    return undefined;
  }
}

/** Reads texts of a column's type into what is the same for all spellings of one time. */
function timeReader(schema: JsonSchema | undefined): ((text: string) => string | undefined) | undefined {
  if (schema?.['format'] === 'date-time') return readInstant;
  return schema?.['format'] === 'time' ? readTime : undefined;
}

/** Seconds since 1970 in UTC, and the fraction; without an offset, as if in UTC. */
function readInstant(text: string): string | undefined {
  const [, wall, fraction = '', offset = ''] = timestamp.exec(text) ?? [];
  if (wall === undefined) return undefined;
  const ms = Date.parse(`${wall.replace(' ', 'T')}${isoOffset(offset)}`);
  return Number.isNaN(ms) ? undefined : `${ms / 1000}.${withoutZeros(fraction)}`;
}

function readTime(text: string): string | undefined {
  const [, clock, fraction = '', offset = ''] = time.exec(text) ?? [];
  return clock === undefined ? undefined : `${clock}.${withoutZeros(fraction)}${isoOffset(offset)}`;
}

const timestamp = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|z|[+-]\d\d(?::?\d\d)?)?$/;
const time = /^(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|z|[+-]\d\d(?::?\d\d)?)?$/;

function isoOffset(offset: string): string {
  if (/^([zZ]|[+-]00(:?00)?)?$/.test(offset)) return 'Z';
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  return `${offset.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

function withoutZeros(fraction: string): string {
  return fraction.replace(/0+$/, '');
}
