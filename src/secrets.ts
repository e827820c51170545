/** What stands in the place of a secret. */
export const maskText = '****';

/**
 * Replaces every secret value in a text. Longer secrets go first, so that one that holds another is masked whole.
 * Values shorter than four characters are left: masking `1` would blank every number.
 */
export function mask(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets) {
    if (masked.includes(secret)) masked = masked.replaceAll(secret, maskText);
  }
  return masked;
}

/** The texts to mask for a list of secret values: also as JSON and as URLs spell them, longest first. */
export function maskable(values: readonly unknown[]): readonly string[] {
  const texts = new Set<string>();
  for (const value of values) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') continue;
    const text = String(value);
    const inJson = JSON.stringify(text).slice(1, -1);
    const inJsonTwice = JSON.stringify(inJson).slice(1, -1);
    for (const spelling of [text, inJson, inJsonTwice, encodeURIComponent(Buffer.from(text).toString())]) {
      if (spelling.length >= shortestMasked) texts.add(spelling);
    }
    // A key in PEM form is logged line by line.
    if (text.includes('\n'))
      for (const line of text.split('\n')) if (line.length >= 16) texts.add(line.trim());
  }
  return [...texts].toSorted((a, b) => b.length - a.length);
}

/**
 * Every value in a config that its spec marks `airbyte_secret`, through nested objects, arrays, references and all
 * branches of `oneOf`, `anyOf` and `allOf`; where the spec says nothing of a field, its name decides (`api_key`).
 */
export function secretValues(config: unknown, schema: unknown): readonly unknown[] {
  const found: unknown[] = [];
  visitSecrets(config, schema, (value) => {
    collectLeaves(value, found);
    return value;
  });
  return found;
}

/** A copy of a config without its secrets: each is left out, so that a rotated password changes nothing. */
export function withoutSecrets(config: unknown, schema: unknown): unknown {
  return visitSecrets(config, schema, () => undefined);
}

/** A copy of a config with every secret masked, fit to be shown. */
export function maskSecrets(config: unknown, schema: unknown): unknown {
  return visitSecrets(config, schema, () => maskText);
}

const shortestMasked = 4;

function visitSecrets(config: unknown, root: unknown, onSecret: (value: unknown) => unknown): unknown {
  return visit(config, branches(root, root), undefined);

  function visit(value: unknown, schemas: readonly Schema[], name: string | undefined): unknown {
    const isUnknown = schemas.length === 0 && name !== undefined && secretName.test(name);
    if (isUnknown || schemas.some((one) => one['airbyte_secret'] === true)) return onSecret(value);
    if (Array.isArray(value)) {
      const items = schemas.flatMap((one) =>
        [one['items'], one['prefixItems']].flat().flatMap((item) => branches(item, root)),
      );
      return value.map((item) => visit(item, items, name));
    }
    if (!isObject(value)) return value;
    const entries = Object.entries(value).map(([key, field]) => {
      const fields = schemas.flatMap((one) => fieldSchemas(one, key)).flatMap((one) => branches(one, root));
      return [key, visit(field, fields, key)] as const;
    });
    return Object.fromEntries(entries.filter(([, field]) => field !== undefined));
  }
}

type Schema = Readonly<Record<string, unknown>>;

/** Fields of which no schema says anything are secret by their name alone. */
const secretName = /secret|passw|passphrase|token|credential|api[-_]?key|private[-_]?key|access[-_]?key/i;

/** All that a schema says of one of its fields. */
function fieldSchemas(schema: Schema, key: string): readonly unknown[] {
  const { properties, patternProperties, additionalProperties } = schema;
  const patterns = isObject(patternProperties) ? Object.entries(patternProperties) : [];
  const declared = [
    ...(isObject(properties) && Object.hasOwn(properties, key) ? [properties[key]] : []),
    ...patterns.filter(([pattern]) => matches(pattern, key)).map(([, one]) => one),
  ];
  return declared.length > 0 ? declared : [additionalProperties];
}

/** A pattern that JavaScript does not understand matches all: better to mask too much. */
function matches(pattern: string, key: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(key);
  } catch {
    return true;
  }
}

/** A schema with all that may apply beside it: a field that is secret in one branch is treated as secret in all. */
function branches(schema: unknown, root: unknown, seen: readonly unknown[] = []): readonly Schema[] {
  if (!isObject(schema) || seen.includes(schema)) return [];
  const within = [...seen, schema];
  const lists = ['allOf', 'anyOf', 'oneOf'].map((word) => schema[word]).filter(Array.isArray);
  const singles = ['if', 'then', 'else'].map((word) => schema[word]);
  const nested = [...lists.flat(), ...singles, referred(schema['$ref'], root)];
  return [schema, ...nested.flatMap((one) => branches(one, root, within))];
}

/** What a `$ref` within the same schema points to: `#/$defs/Credentials`. */
function referred(reference: unknown, root: unknown): unknown {
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return undefined;
  let found: unknown = root;
  for (const step of reference.slice(2).split('/')) {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    found = isObject(found) ? found[key] : undefined;
  }
  return found;
}

function collectLeaves(value: unknown, found: unknown[]): void {
  if (Array.isArray(value)) for (const item of value) collectLeaves(item, found);
  else if (isObject(value)) for (const field of Object.values(value)) collectLeaves(field, found);
  else found.push(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
