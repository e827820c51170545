import { InputError } from '../../errors.ts';
import { isJsonObject } from '../../protocol/json-object.ts';
import { LosslessNumber } from '../../protocol/lossless-json.ts';
import type { Row } from '../../protocol/messages.ts';

/**
 * A row as JSON can hold it: times as ISO strings, bytes in base64, integers of any size in all their digits. A value
 * that is no object becomes `{ value }`. What JSON cannot hold is an error that names the row and the field; a row in
 * which nothing needs changing is returned as it is.
 */
export function jsonRow(value: unknown, name: string, row: number): Row {
  const place: Place = { name, row, path: [], open: [] };
  if (value === undefined) throw refused('undefined', undefined, place);
  const plain = jsonValue(value, undefined, place);
  return isJsonObject(plain) ? plain : { value: plain };
}

/**
 * An object as one that is spelled in JSON: a Date, bytes, and whatever has a `toJSON` as that says. A plain object,
 * an array and a LosslessNumber are returned as they are; undefined for what JSON cannot hold.
 */
export function unwrapped(value: object): unknown {
  if (Array.isArray(value) || value instanceof LosslessNumber) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return value.toJSON();
  if (value instanceof Number || value instanceof String || value instanceof Boolean) return value.valueOf();
  return without.some((kind) => value instanceof kind) || ArrayBuffer.isView(value) ? undefined : value;
}

/** Kinds that JSON.stringify would quietly turn into `{}`. */
const without = [Map, Set, WeakMap, WeakSet, Promise, RegExp, Error, ArrayBuffer];

interface Place {
  readonly name: string;
  readonly row: number;
  /** The fields that lead to the value. */
  readonly path: string[];
  /** The objects that hold it. */
  readonly open: object[];
}

function jsonValue(value: unknown, key: string | undefined, place: Place): unknown {
  switch (typeof value) {
    case 'number':
      if (Number.isFinite(value)) return value;
      throw refused(String(value), key, place);
    case 'object':
      return value === null ? null : jsonObject(value, key, place);
    case 'function':
    case 'symbol':
      throw refused(`a ${typeof value}`, key, place);
    default:
      return value;
  }
}

function jsonObject(value: object, key: string | undefined, place: Place): unknown {
  const plain = unwrapped(value);
  if (plain === undefined) throw refused(kindOf(value), key, place);
  if (plain !== value) return jsonValue(plain, key, place);
  if (value instanceof LosslessNumber) return value;
  if (place.open.includes(value)) throw refused('an object that holds itself', key, place);
  if (key !== undefined) place.path.push(key);
  place.open.push(value);
  const json = Array.isArray(value) ? jsonArray(value, place) : jsonFields(value, place);
  place.open.pop();
  if (key !== undefined) place.path.pop();
  return json;
}

/** As in JSON.stringify, undefined becomes null: to leave it out would move what follows. */
function jsonArray(value: readonly unknown[], place: Place): readonly unknown[] {
  const items = Array.from(value, (item, index) => jsonValue(item ?? null, String(index), place));
  return items.every((item, index) => item === value[index]) ? value : items;
}

/** Copies only where something changes: a row that was parsed keeps the spelling of its numbers. */
function jsonFields(value: object, place: Place): object {
  let copy: Record<string, unknown> | undefined;
  for (const [field, item] of Object.entries(value)) {
    const plain = jsonValue(item, field, place);
    if (plain === item && plain !== undefined) continue;
    copy ??= { ...value };
    if (plain === undefined) delete copy[field];
    else copy[field] = plain;
  }
  return copy ?? value;
}

function kindOf(value: object): string {
  if (value instanceof Date) return 'an invalid date';
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  return `a value of type ${typeof name === 'string' && name !== '' ? name : 'unknown'}`;
}

function refused(what: string, key: string | undefined, { name, row, path }: Place): InputError {
  const field = key === undefined ? path : [...path, key];
  const found = field.length === 0 ? `is ${what}` : `has ${what} in "${field.join('.')}"`;
  return new InputError(`records "${name}": row ${row} ${found}, which JSON cannot hold`, {
    guidance: 'Turn it into text, a number, a list or a plain object first.',
    context: { stream: name, row, field: field.join('.') },
  });
}
