import { isJsonObject } from '../protocol/json-object.ts';
/** What a column holds, in the words of the protocol's type system. */
export type ColumnType =
  | 'string'
  | 'boolean'
  | 'date'
  | 'timestamp_with_timezone'
  | 'timestamp_without_timezone'
  | 'time_with_timezone'
  | 'time_without_timezone'
  | 'integer'
  | 'number'
  | 'array'
  | 'object'
  | 'union';

/** The type of the column for a field of this JSON schema: `airbyte_type` and `format` count, nullability does not. */
export function columnType(schema: unknown): ColumnType {
  if (!isJsonObject(schema)) return 'union';
  if (branches(schema).length > 0) return unionOf(branches(schema));
  const types = namedTypes(schema);
  if (types.length === 1 && types[0] !== undefined) return typeNamed(types[0], schema);
  return unionOf(types.map((type) => ({ ...schema, type })));
}

/** The JSON schema of what a column of this type gives back. */
export function jsonSchemaOf(type: ColumnType): Readonly<Record<string, unknown>> {
  return jsonSchemas[type];
}

/** The type that both can become without losing anything. What fits nothing else fits a union, which is kept as JSON. */
export function widerType(held: ColumnType, wanted: ColumnType): ColumnType {
  if (held === wanted) return held;
  const pair = [held, wanted];
  if (pair.every((type) => type === 'string' || isTemporal(type))) return 'string';
  if (pair.includes('integer') && pair.includes('number')) return 'number';
  return 'union';
}

/** The kinds of dates and times. */
export type TimeType = Extract<ColumnType, 'date' | `time${string}`>;

/** Whether a type is a date or a time of some kind. */
export function isTemporal(type: ColumnType): type is TimeType {
  return type === 'date' || type.startsWith('time');
}

const nullable = (
  schema: Readonly<Record<string, unknown>>,
  type: string,
): Readonly<Record<string, unknown>> => ({
  type: ['null', type],
  ...schema,
});

const jsonSchemas: Readonly<Record<ColumnType, Readonly<Record<string, unknown>>>> = {
  string: nullable({}, 'string'),
  boolean: nullable({}, 'boolean'),
  date: nullable({ format: 'date' }, 'string'),
  timestamp_with_timezone: nullable(
    { format: 'date-time', airbyte_type: 'timestamp_with_timezone' },
    'string',
  ),
  timestamp_without_timezone: nullable(
    { format: 'date-time', airbyte_type: 'timestamp_without_timezone' },
    'string',
  ),
  time_with_timezone: nullable({ format: 'time', airbyte_type: 'time_with_timezone' }, 'string'),
  time_without_timezone: nullable({ format: 'time', airbyte_type: 'time_without_timezone' }, 'string'),
  integer: nullable({}, 'integer'),
  number: nullable({}, 'number'),
  array: nullable({}, 'array'),
  object: nullable({}, 'object'),
  union: {},
};

/** A union whose branches agree is what they agree on; integer beside number is number. */
function unionOf(schemas: readonly unknown[]): ColumnType {
  const types = new Set(schemas.filter((schema) => !isNull(schema)).map(columnType));
  if (types.size === 2 && types.has('integer') && types.has('number')) return 'number';
  const [only] = types;
  return types.size === 1 && only !== undefined ? only : 'union';
}

function typeNamed(type: string, schema: Readonly<Record<string, unknown>>): ColumnType {
  const { format, airbyte_type: airbyteType } = schema;
  switch (type) {
    case 'string':
      return stringType(format, airbyteType);
    case 'number':
      return airbyteType === 'integer' || airbyteType === 'big_integer' ? 'integer' : 'number';
    case 'integer':
    case 'boolean':
    case 'array':
    case 'object':
      return type;
    default:
      return 'union';
  }
}

function stringType(format: unknown, airbyteType: unknown): ColumnType {
  if (format === 'date') return 'date';
  if (format === 'date-time') {
    return airbyteType === 'timestamp_without_timezone' ? airbyteType : 'timestamp_with_timezone';
  }
  if (format === 'time') {
    return airbyteType === 'time_with_timezone' ? airbyteType : 'time_without_timezone';
  }
  return 'string';
}

/** The types that a schema names, without null; where it names none, what its keywords say. */
function namedTypes(schema: Readonly<Record<string, unknown>>): readonly string[] {
  const { type } = schema;
  const named = typeof type === 'string' ? [type] : Array.isArray(type) ? type.filter(isString) : [];
  if (named.length > 0) return [...new Set(named.filter((name) => name !== 'null'))];
  if (isJsonObject(schema['properties'])) return ['object'];
  return schema['items'] === undefined ? [] : ['array'];
}

function branches(schema: Readonly<Record<string, unknown>>): readonly unknown[] {
  return [schema['oneOf'], schema['anyOf']].flatMap((list) => (Array.isArray(list) ? list : []));
}

function isNull(schema: unknown): boolean {
  return (
    isJsonObject(schema) &&
    (schema['type'] === 'null' ||
      (Array.isArray(schema['type']) && schema['type'].every((type) => type === 'null')))
  );
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
