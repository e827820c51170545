import type { ConfigProblem } from '../errors.ts';
import { didYouMean } from '../protocol/nearest.ts';
import type { Judge } from './config-judge.ts';
import { pathIn, quoted, spokenType, typeNames } from './config-problems.ts';
import { dereferenced, isSchema, type Schema } from './config-schema.ts';

/** A schema as it applies to one config, with what could already be said against the config on the way. */
interface Narrowed {
  readonly schema: Schema;
  readonly problems: readonly ConfigProblem[];
  /** The properties known for each object in the config, by its JSON pointer. */
  readonly known: ReadonlyMap<string, { readonly value: Schema; readonly names: Set<string> }>;
}

/**
 * Replaces each choice (`oneOf`, `anyOf`) by the branch that the config means, so that the errors that are left concern
 * that branch only. A branch is meant if the config fits it, or by the constant that tells the branches apart, or,
 * without one, if it is the nearest.
 */
export function narrowSchema(root: Schema, config: unknown, judge: Judge): Narrowed {
  const problems: ConfigProblem[] = [];
  const known = new Map<string, { readonly value: Schema; readonly names: Set<string> }>();
  const errorCount = (schema: Schema, value: unknown) => judge(schema, value, root).length;

  function narrow(given: unknown, value: unknown, pointer: string): unknown {
    const schema = dereferenced(given, root);
    if (schema === undefined) return given;
    const result: Record<string, unknown> = { ...schema };
    if (isSchema(value)) Object.assign(result, narrowProperties(schema, value, pointer));
    if (Array.isArray(value) && isSchema(schema['items'])) {
      result['items'] = value.map((item: unknown, index) =>
        narrow(schema['items'], item, `${pointer}/${index}`),
      );
    }
    const all = branchesOf(schema['allOf']).map((branch) => narrow(branch, value, pointer));
    for (const word of ['oneOf', 'anyOf']) {
      const branches = branchesOf(schema[word]).map((branch) => dereferenced(branch, root) ?? branch);
      if (branches.length === 0) continue;
      delete result[word];
      const choice = choose(branches, value, errorCount);
      if (choice.branch !== undefined) all.push(narrow(choice.branch, value, pointer));
      else problems.push({ path: pathIn(`${pointer}${choice.at}`), message: choice.message });
    }
    if (all.length > 0) result['allOf'] = all;
    return result;
  }

  function narrowProperties(schema: Schema, value: Schema, pointer: string): Schema {
    const declared = isSchema(schema['properties']) ? schema['properties'] : {};
    const here = known.get(pointer) ?? { value, names: new Set<string>() };
    known.set(pointer, here);
    for (const name of Object.keys(declared)) here.names.add(name);
    const others = schema['additionalProperties'];
    const isFree = isSchema(others) || schema['patternProperties'] !== undefined;
    // Where names are free, none is misspelt.
    if (isFree) for (const name of Object.keys(value)) here.names.add(name);
    const narrowed = Object.entries(value).flatMap(([name, field]) => {
      const of = Object.hasOwn(declared, name) ? declared[name] : isSchema(others) ? others : undefined;
      return of === undefined ? [] : [[name, narrow(of, field, `${pointer}/${escaped(name)}`)]];
    });
    return narrowed.length === 0 ? {} : { properties: { ...declared, ...Object.fromEntries(narrowed) } };
  }

  const schema = narrow(root, config, '');
  return { schema: isSchema(schema) ? schema : root, problems, known };
}

type Choice =
  | { readonly branch: Schema }
  /** `at` is the pointer, from the choice, of what is wrong. */
  | { readonly branch?: undefined; readonly at: string; readonly message: string };

function choose(
  branches: readonly Schema[],
  value: unknown,
  errorCount: (schema: Schema, value: unknown) => number,
): Choice {
  const fitting = branches.find((branch) => errorCount(branch, value) === 0);
  if (fitting !== undefined) return { branch: fitting };

  const objects = branches.filter((branch) => isSchema(branch['properties']));
  if (isSchema(value)) {
    const choice = chooseByConstant(objects, value, errorCount);
    if (choice !== undefined) return choice;
  }
  const alike = branches.filter((branch) => admits(branch, value));
  const [first] = alike;
  if (first === undefined) {
    const types = [...new Set(branches.flatMap(typeNames))];
    return { at: '', message: `must be ${types.join(' or ')}, and is ${spokenType(value)}` };
  }
  return { branch: nearestBranch(alike, first, value, errorCount) };
}

function chooseByConstant(
  branches: readonly Schema[],
  value: Schema,
  errorCount: (schema: Schema, value: unknown) => number,
): Choice | undefined {
  const name = discriminatorOf(branches);
  if (name === undefined) return undefined;
  const given = value[name];
  const meant = branches.filter((branch) => constantOf(branch, name) === given);
  const [first] = meant;
  if (first !== undefined) return { branch: nearestBranch(meant, first, value, errorCount) };
  const allowed = [...new Set(branches.map((branch) => constantOf(branch, name)))];
  const choices = allowed.map(quoted).join(', ');
  const at = `/${escaped(name)}`;
  if (given === undefined) return { at, message: `is required: it must be one of ${choices}` };
  const hint = typeof given === 'string' ? didYouMean(given, allowed.map(String)) : undefined;
  return {
    at,
    message: `must be one of ${choices}, and is ${typeof given === 'object' ? spokenType(given) : quoted(given)}${hint === undefined ? '' : `; ${hint}`}`,
  };
}

/** The property that has a constant in every branch. */
function discriminatorOf(branches: readonly Schema[]): string | undefined {
  const [first] = branches;
  if (first === undefined || branches.length < 2) return undefined;
  const names = isSchema(first['properties']) ? Object.keys(first['properties']) : [];
  const shared = names.filter((name) => branches.every((branch) => constantOf(branch, name) !== undefined));
  const variety = (name: string) => new Set(branches.map((branch) => constantOf(branch, name))).size;
  return shared.toSorted((a, b) => variety(b) - variety(a))[0];
}

/** A property's only value: by `const`, or, as older specs have it, by an `enum` of one. */
function constantOf(branch: Schema, name: string): unknown {
  const properties = branch['properties'];
  const property = isSchema(properties) ? properties[name] : undefined;
  if (!isSchema(property)) return undefined;
  if (property['const'] !== undefined) return property['const'];
  const choices = property['enum'];
  return Array.isArray(choices) && choices.length === 1 ? choices[0] : undefined;
}

function nearestBranch(
  branches: readonly Schema[],
  first: Schema,
  value: unknown,
  errorCount: (schema: Schema, value: unknown) => number,
): Schema {
  const counted = branches.map((branch) => ({ branch, errors: errorCount(branch, value) }));
  return counted.toSorted((a, b) => a.errors - b.errors)[0]?.branch ?? first;
}

function admits(branch: Schema, value: unknown): boolean {
  const types = [branch['type'] ?? []].flat();
  if (types.length === 0) return true;
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return types.some((one) => one === type || (type === 'number' && one === 'integer'));
}

function branchesOf(value: unknown): readonly Schema[] {
  return Array.isArray(value) ? value.filter(isSchema) : [];
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
