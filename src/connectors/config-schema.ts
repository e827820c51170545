/** A JSON Schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/** Walks a schema, giving each subschema, innermost first, to `change`, and returns what is left. Data in it stays untouched. */
export function mapSchema(schema: Schema, change: (schema: Schema) => Schema): Schema {
  const entries = Object.entries(schema).map(
    ([word, value]) => [word, mapKeyword(word, value, change)] as const,
  );
  return change(Object.fromEntries(entries));
}

/** The schema without what ajv cannot take and no connector means: `tell` hears what was left out. */
export function usableSchema(schema: Schema, tell: (what: string) => void): Schema {
  return mapSchema(schema, (part) => {
    const usable: Record<string, unknown> = {};
    for (const [word, value] of Object.entries(part)) {
      if (ignored.has(word)) continue;
      const isUsable = checks[word];
      if (isUsable === undefined || isUsable(value, part)) usable[word] = value;
      else if (!Object.hasOwn(replaced, word)) tell(`${word}: ${JSON.stringify(value)}`);
    }
    for (const [word, replace] of Object.entries(replaced)) Object.assign(usable, replace(part[word], part));
    return usable;
  });
}

/** The schema that a local `$ref` points to; any other schema is returned as it is. */
export function dereferenced(schema: unknown, root: Schema, depth = 0): Schema | undefined {
  if (!isSchema(schema)) return undefined;
  const reference = schema['$ref'];
  if (typeof reference !== 'string' || !reference.startsWith('#') || depth > deepestReference) return schema;
  let target: unknown = root;
  for (const part of reference.slice(1).split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    target = isSchema(target) ? target[key] : undefined;
  }
  return dereferenced(target, root, depth + 1);
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A regular expression of a spec, or undefined if JavaScript cannot say it. Specs are written for Python: `\Z` and `\A`
 * are letters in JavaScript's lenient mode, so these are not taken for what they are not.
 */
export function usablePattern(pattern: string): RegExp | undefined {
  const strict = compiled(pattern, 'u');
  if (strict !== undefined || /\\[AZz]|\(\?(P|[a-zA-Z]+[):-]|#)/.test(pattern)) return strict;
  return compiled(pattern, '');
}

function compiled(pattern: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return undefined;
  }
}

const deepestReference = 20;

/** Which meta-schema it is written for, and names for references to it, change nothing about a config. */
const ignored = new Set(['$schema', 'id', '$id', '$anchor', '$dynamicAnchor', '$vocabulary']);

const types = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

/** Keywords of which ajv takes only some values, and those that it takes. */
const checks: Readonly<Record<string, (value: unknown, schema: Schema) => boolean>> = {
  type: isType,
  required: (value) => Array.isArray(value) && value.every((name) => typeof name === 'string'),
  enum: (value) => Array.isArray(value) && value.length > 0,
  pattern: (value) => typeof value === 'string' && usablePattern(value) !== undefined,
  patternProperties: (value) =>
    isSchema(value) && Object.keys(value).every((one) => usablePattern(one) !== undefined),
  properties: isSchema,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  minLength: isNumber,
  maxLength: isNumber,
  minItems: isNumber,
  maxItems: isNumber,
  minProperties: isNumber,
  maxProperties: isNumber,
  multipleOf: isNumber,
  uniqueItems: (value) => typeof value === 'boolean',
  format: (value) => typeof value === 'string',
  nullable: (value, schema) => typeof value === 'boolean' && isType(schema['type']),
  oneOf: isSchemaList,
  anyOf: isSchemaList,
  allOf: isSchemaList,
  // An extension of OpenAPI, of which specs give only parts.
  discriminator: () => false,
};

/** In draft 4 an exclusive limit was a flag beside the limit. */
const replaced: Readonly<Record<string, (value: unknown, schema: Schema) => Schema>> = {
  exclusiveMinimum: (value, schema) => (value === true ? { exclusiveMinimum: schema['minimum'] } : {}),
  exclusiveMaximum: (value, schema) => (value === true ? { exclusiveMaximum: schema['maximum'] } : {}),
};

function isType(value: unknown): boolean {
  return [value].flat().every((type) => typeof type === 'string' && types.has(type));
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

function isSchemaList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one) => isSchema(one) || typeof one === 'boolean')
  );
}

const schemaMaps = new Set([
  'properties',
  'patternProperties',
  'definitions',
  '$defs',
  'dependencies',
  'dependentSchemas',
]);
const schemas = new Set([
  'items',
  'additionalItems',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
]);
const schemaLists = new Set(['oneOf', 'anyOf', 'allOf', 'items', 'prefixItems']);

function mapKeyword(word: string, value: unknown, change: (schema: Schema) => Schema): unknown {
  if (schemaMaps.has(word) && isSchema(value))
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, mapIfSchema(one, change)]));
  if (schemaLists.has(word) && Array.isArray(value))
    return value.map((one: unknown) => mapIfSchema(one, change));
  return schemas.has(word) ? mapIfSchema(value, change) : value;
}

function mapIfSchema(value: unknown, change: (schema: Schema) => Schema): unknown {
  return isSchema(value) ? mapSchema(value, change) : value;
}
