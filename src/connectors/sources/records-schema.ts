import { isJsonObject } from '../../protocol/json-object.ts';
import { LosslessNumber } from '../../protocol/lossless-json.ts';
import { unwrapped } from './records-values.ts';

/**
 * The JSON Schema of rows, inferred from some of them. Every field may be null, since other rows may lack it. Fields of
 * several types list them all; text is text, whatever it looks like, and only Date objects are times.
 */
export function inferSchema(rows: readonly unknown[]): Readonly<Record<string, unknown>> {
  const seen = emptyShape();
  for (const row of rows) note(seen, isRow(row) ? row : { value: row });
  return { type: 'object', properties: properties(seen) };
}

type Kind = 'boolean' | 'integer' | 'number' | 'string' | 'time' | 'bytes' | 'array' | 'object';

/** What has been seen in one place. */
interface Shape {
  readonly kinds: Set<Kind>;
  readonly fields: Map<string, Shape>;
  items: Shape | undefined;
}

function emptyShape(): Shape {
  return { kinds: new Set(), fields: new Map(), items: undefined };
}

function note(shape: Shape, value: unknown): void {
  const kind = kindOf(value);
  if (kind !== undefined) shape.kinds.add(kind);
  if (typeof value !== 'object' || value === null) return;
  const plain = unwrapped(value);
  if (plain !== value) {
    if (kind === undefined) note(shape, plain);
  } else if (Array.isArray(plain)) {
    shape.items ??= emptyShape();
    for (const item of plain) note(shape.items, item);
  } else if (kind === 'object') {
    for (const [field, item] of Object.entries(plain)) {
      if (item !== undefined) note(fieldOf(shape, field), item);
    }
  }
}

/** Undefined where the value says nothing of itself: null, and objects that stand for another value. */
function kindOf(value: unknown): Kind | undefined {
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'string':
      return 'string';
    case 'bigint':
      return 'integer';
    case 'number':
      return Number.isSafeInteger(value) ? 'integer' : 'number';
    case 'object':
      return value === null ? undefined : kindOfObject(value);
    default:
      return undefined;
  }
}

function kindOfObject(value: object): Kind | undefined {
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'time';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof LosslessNumber) return /^-?\d+$/.test(value.value) ? 'integer' : 'number';
  return unwrapped(value) === value ? 'object' : undefined;
}

function fieldOf(shape: Shape, field: string): Shape {
  const known = shape.fields.get(field);
  if (known !== undefined) return known;
  const added = emptyShape();
  shape.fields.set(field, added);
  return added;
}

function properties(shape: Shape): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Array.from(shape.fields, ([field, one]) => [field, schemaOf(one)]));
}

function schemaOf(shape: Shape): Readonly<Record<string, unknown>> {
  const types = new Set(
    [...shape.kinds].map((kind) => (kind === 'time' || kind === 'bytes' ? 'string' : kind)),
  );
  // What has only been null may be anything; text is what most destinations can widen to.
  if (types.size === 0) types.add('string');
  if (types.has('number')) types.delete('integer');
  return {
    type: ['null', ...types],
    ...(isAll(shape, 'time') ? { format: 'date-time', airbyte_type: 'timestamp_with_timezone' } : {}),
    ...(isAll(shape, 'bytes') ? { contentEncoding: 'base64' } : {}),
    ...(types.has('object') ? { properties: properties(shape) } : {}),
    ...(shape.items === undefined || shape.items.kinds.size === 0 ? {} : { items: schemaOf(shape.items) }),
  };
}

function isAll(shape: Shape, kind: Kind): boolean {
  return shape.kinds.size === 1 && shape.kinds.has(kind);
}

function isRow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return isJsonObject(unwrapped(value));
}
