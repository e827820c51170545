import { InputError } from '../errors.ts';

/**
 * Options of the library from `KEY=VALUE` arguments. A value that is JSON is taken as JSON (`true`, `1000`, `["a"]`),
 * any other as text; dots in a key nest (`timeouts.silenceMs=1000`). Whether a key exists is for the library to say.
 */
export function parseOptions(
  flag: string,
  assignments: readonly string[],
): Readonly<Record<string, unknown>> {
  const options: Nested = {};
  for (const assignment of assignments) {
    const [, key = assignment, value] = /^([^=]*)=(.*)$/s.exec(assignment) ?? [];
    const path = key.trim().split('.');
    if (value === undefined || path.includes('')) {
      const what = value === undefined ? `${key} has no value` : `has no key in "${key}="`;
      throw new InputError(`${flag} ${what}`, {
        guidance: `Write it as KEY=VALUE, such as ${flag} installIfMissing=false.`,
      });
    }
    assign(options, path, optionValue(path, value), `${flag} ${key}`);
  }
  return options;
}

interface Nested {
  [key: string]: unknown;
}

// Names of versions, images and users look like numbers and are not: 3.10 is not 3.1.
const textual = new Set([
  'version',
  'usePython',
  'dockerImage',
  'pipUrl',
  'npmPackage',
  'localExecutable',
  'installRoot',
  'docker.network',
  'docker.memory',
  'docker.user',
]);

function optionValue(path: readonly string[], text: string): unknown {
  const [first = ''] = path;
  if (first === 'env' && path.length > 1) return text;
  const isTextual = textual.has(first) || textual.has(path.join('.'));
  if (isTextual && text !== 'true' && text !== 'false') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text === 'Infinity' ? Number.POSITIVE_INFINITY : text;
  }
}

function assign(target: Nested, [key = '', ...rest]: readonly string[], value: unknown, what: string): void {
  const present = Object.hasOwn(target, key) ? target[key] : undefined;
  if (rest.length === 0) {
    if (present !== undefined) throw new InputError(`${what} is given twice`);
    define(target, key, value);
    return;
  }
  if (present !== undefined && !isNested(present)) throw new InputError(`${what} is given twice`);
  const inner: Nested = present ?? {};
  define(target, key, inner);
  assign(inner, rest, value, what);
}

function define(target: Nested, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function isNested(value: unknown): value is Nested {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
