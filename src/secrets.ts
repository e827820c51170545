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
    for (const spelling of [
      text,
      JSON.stringify(text).slice(1, -1),
      encodeURIComponent(Buffer.from(text).toString()),
    ]) {
      if (spelling.length >= shortestMasked) texts.add(spelling);
    }
    // A key in PEM form is logged line by line.
    if (text.includes('\n'))
      for (const line of text.split('\n')) if (line.length >= 16) texts.add(line.trim());
  }
  return [...texts].toSorted((a, b) => b.length - a.length);
}

/**
 * Every value in a config that its spec marks `airbyte_secret`, through nested objects, arrays and all branches
 * of `oneOf`, `anyOf` and `allOf`. Without a spec nothing is known to be secret.
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

function visitSecrets(value: unknown, schema: unknown, onSecret: (value: unknown) => unknown): unknown {
  const schemas = branches(schema);
  if (schemas.some((one) => one['airbyte_secret'] === true)) return onSecret(value);
  if (Array.isArray(value)) {
    const items = schemas.map((one) => one['items']);
    return value.map((item) => visitSecrets(item, { allOf: items }, onSecret));
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, field]) => {
    const fields = schemas.map((one) => (isObject(one['properties']) ? one['properties'][key] : undefined));
    return [key, visitSecrets(field, { allOf: fields }, onSecret)] as const;
  });
  return Object.fromEntries(entries.filter(([, field]) => field !== undefined));
}

/** A schema with all that may apply beside it: a field that is secret in one branch is treated as secret in all. */
function branches(schema: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!isObject(schema)) return [];
  const nested = ['allOf', 'anyOf', 'oneOf'].flatMap((word) => {
    const list = schema[word];
    return Array.isArray(list) ? list.flatMap(branches) : [];
  });
  return [schema, ...nested];
}

function collectLeaves(value: unknown, found: unknown[]): void {
  if (Array.isArray(value)) for (const item of value) collectLeaves(item, found);
  else if (isObject(value)) for (const field of Object.values(value)) collectLeaves(field, found);
  else found.push(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
