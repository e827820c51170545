import { isLosslessNumber, type LosslessNumber } from 'lossless-json';
import { type Spelling, spellingOf } from './json-spelling.ts';

/** Whether a value holds anything that JSON.stringify would lose or refuse. */
export function isSpelled(value: unknown): boolean {
  if (typeof value === 'bigint') return true;
  if (typeof value !== 'object' || value === null) return false;
  if (spellingOf(value) !== undefined || isLosslessNumber(value)) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (isSpelled(item)) return true;
    return false;
  }
  for (const key in value) if (isSpelled((value as Record<string, unknown>)[key])) return true;
  return false;
}

/** Writes a value with all its digits, numbers as they were spelled and keys as they were ordered. */
export function writeSpelled(value: unknown): string {
  return write(value, '') ?? 'null';
}

/** Undefined is what JSON.stringify leaves out: undefined, functions, symbols. */
function write(value: unknown, key: string): string | undefined {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isLosslessNumber(value)) return (value as LosslessNumber).value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(key), key);
  const spelling = spellingOf(value);
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item, index) => spelled(item, String(index), spelling) ?? 'null').join(',')}]`;
  }
  if (value instanceof Number || value instanceof String || value instanceof Boolean)
    return JSON.stringify(value);
  return writeObject(value as Record<string, unknown>, spelling);
}

function writeObject(value: Readonly<Record<string, unknown>>, spelling: Spelling | undefined): string {
  let text = '';
  for (const key of keysOf(value, spelling)) {
    const field = spelled(value[key], key, spelling);
    if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${field}`;
  }
  return `{${text}}`;
}

/** A number that is still what was parsed is written as it was spelled. */
function spelled(value: unknown, key: string, spelling: Spelling | undefined): string | undefined {
  const noted = spelling?.numbers.get(key);
  return noted !== undefined && Object.is(noted.value, value) ? noted.token : write(value, key);
}

/** Keys in the order in which they came, then those that were added. */
function keysOf(value: Readonly<Record<string, unknown>>, spelling: Spelling | undefined): readonly string[] {
  const own = Object.keys(value);
  if (spelling?.keys === undefined) return own;
  const came = spelling.keys.filter((key) => Object.hasOwn(value, key));
  const known = new Set(came);
  return [...came, ...own.filter((key) => !known.has(key))];
}
