import type { ErrorObject } from 'ajv';
import type { ConfigProblem } from '../errors.ts';
import { didYouMean, misspelt } from '../protocol/nearest.ts';
import { isSchema, type Schema } from './config-schema.ts';

interface Words {
  /** The properties known for each object in the config, by its JSON pointer. */
  readonly known: ReadonlyMap<string, { readonly value: Schema; readonly names: ReadonlySet<string> }>;
  /** Values that must not be shown. */
  readonly secrets: readonly unknown[];
}

/** Errors of ajv in words. */
export function describeProblems(errors: readonly ErrorObject[], words: Words): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const mistyped = new Set(
    errors.filter(({ keyword }) => keyword === 'type').map((error) => error.instancePath),
  );
  for (const error of errors) {
    // That an alternative or a condition fails as a whole says nothing beside what fails in it.
    if (errors.length > 1 && wholes.has(error.keyword)) continue;
    if (valued.has(error.keyword) && mistyped.has(error.instancePath)) continue;
    problems.push(describe(error, words));
  }
  return problems;
}

/** How people write where something lies: `credentials.token`, `brokers[0]`. */
export function pathIn(pointer: string): string {
  const parts = pointer.split('/').slice(1);
  return parts
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

/** What a value is, with its article: `a string`, `an integer`. */
export function spokenType(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a number';
  return typeNamed[typeof value] ?? `a ${typeof value}`;
}

/** The types that a schema admits, in words. */
export function typeNames(schema: Schema): readonly string[] {
  return [schema['type'] ?? []].flat().map((type) => typeNamed[String(type)] ?? String(type));
}

/** A value as JSON has it, short enough for a line. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

const wholes = new Set(['if', 'oneOf', 'anyOf', 'not']);

const longestShown = 60;

const typeNamed: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  bigint: 'an integer',
  integer: 'an integer',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

function describe(error: ErrorObject, words: Words): ConfigProblem {
  const params: Readonly<Record<string, unknown>> = error.params;
  const { keyword, instancePath } = error;
  if (keyword === 'required') return describeMissing(error, String(params['missingProperty']), words);
  if (keyword === 'additionalProperties') {
    const name = String(params['additionalProperty']);
    const names = words.known.get(instancePath)?.names ?? namesIn(error.parentSchema);
    const hint = didYouMean(name, names);
    return {
      path: pathIn(`${instancePath}/${name}`),
      message: `is not a known property${hint === undefined ? '' : `; ${hint}`}`,
    };
  }
  return { path: pathIn(instancePath), message: `${complaint(error, params)}${shownValue(error, words)}` };
}

function describeMissing(error: ErrorObject, name: string, { known }: Words): ConfigProblem {
  const schema = propertiesIn(error.parentSchema)[name];
  const path = pathIn(`${error.instancePath}/${name}`);
  const given = isSchema(error.data) ? Object.keys(error.data) : [];
  const names = known.get(error.instancePath)?.names ?? namesIn(error.parentSchema);
  const written = misspelt(
    name,
    given.filter((one) => !names.has(one)),
  );
  if (written !== undefined) return { path, message: `is required; is it what you wrote as "${written}"?` };
  if (!isSchema(schema)) return { path, message: 'is required' };
  if (schema['const'] !== undefined) return { path, message: `is required: ${quoted(schema['const'])}` };
  if (Array.isArray(schema['enum'])) {
    return { path, message: `is required: one of ${schema['enum'].map(quoted).join(', ')}${usual(schema)}` };
  }
  return { path, message: `is required${usual(schema)}` };
}

function usual({ default: value, airbyte_secret: isSecret }: Schema): string {
  return value === undefined || isSecret === true ? '' : ` (usually ${quoted(value)})`;
}

function complaint(error: ErrorObject, params: Readonly<Record<string, unknown>>): string {
  switch (error.keyword) {
    case 'type':
      return `must be ${typeNames({ type: params['type'] }).join(' or ')}`;
    case 'enum': {
      const allowed = Array.isArray(params['allowedValues']) ? params['allowedValues'] : [];
      return `must be one of ${allowed.map(quoted).join(', ')}`;
    }
    case 'const':
      return `must be ${quoted(params['allowedValue'])}`;
    case 'pattern': {
      const described = isSchema(error.parentSchema) ? error.parentSchema['pattern_descriptor'] : undefined;
      const form = typeof described === 'string' && described !== '' ? described : String(params['pattern']);
      return `must be of the form ${form}`;
    }
    case 'format':
      return `must be a valid ${String(params['format'])}`;
    default:
      return error.message ?? `fails "${error.keyword}"`;
  }
}

/** What is there instead: its type where that is wrong, else the value itself, unless it is secret. */
function shownValue({ keyword, data, schema }: ErrorObject, { secrets }: Words): string {
  if (keyword === 'type') return `, and is ${spokenType(data)}`;
  const isShown =
    valued.has(keyword) && (typeof data !== 'object' || data === null) && !secrets.includes(data);
  if (!isShown) return '';
  const hint =
    typeof data === 'string' && Array.isArray(schema) ? didYouMean(data, schema.map(String)) : undefined;
  return `, and is ${quoted(data)}${hint === undefined ? '' : `; ${hint}`}`;
}

const valued = new Set([
  'enum',
  'const',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'pattern',
  'format',
]);

function propertiesIn(schema: unknown): Schema {
  return isSchema(schema) && isSchema(schema['properties']) ? schema['properties'] : {};
}

function namesIn(schema: unknown): ReadonlySet<string> {
  return new Set(Object.keys(propertiesIn(schema)));
}
