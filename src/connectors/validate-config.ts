import { ConfigInvalidError, type ConfigProblem, messageOf } from '../errors.ts';
import type { LogSink } from '../protocol/log.ts';
import { LosslessNumber } from '../protocol/lossless-json.ts';
import { misspelt } from '../protocol/nearest.ts';
import type { Config, ConnectorSpecification } from '../protocol/spec.ts';
import { mask, secretValues } from '../secrets.ts';
import { narrowSchema } from './config-branches.ts';
import { openJudge } from './config-judge.ts';
import { describeProblems, pathIn } from './config-problems.ts';
import { type Schema, usableSchema } from './config-schema.ts';

interface Validating {
  readonly connector: string;
  readonly log: LogSink;
}

/**
 * All faults of a config, each where it lies and in words; none if it fits. Of alternatives (`oneOf`) only the one that
 * is meant is spoken of. What connectors themselves do not refuse is a warning in the log: where properties of any name
 * are allowed, a likely misspelling; and a `format`, which most of them never check.
 */
export async function validateConfig(
  given: Config,
  spec: Schema,
  { connector, log }: Validating,
): Promise<readonly ConfigProblem[]> {
  const config = asPlainNumbers(given);
  const schema = usableSchema(spec, (what) =>
    log({ level: 'DEBUG', message: `${connector}: a part of its spec cannot be checked here: ${what}` }),
  );
  const warn = (message: string) => log({ level: 'WARN', message: `${connector}: ${message}` });
  if (asksNothing(schema, config)) return [];
  const judge = await openJudge({ formats: 'checked' });
  const errors = tried(() => judge(schema, config));
  if (errors instanceof Error) {
    warn(`the config is not validated, because its spec cannot be used: ${messageOf(errors)}`);
    return [];
  }
  const narrow = tried(() => narrowSchema(schema, config, judge));
  const { problems, known } = narrow instanceof Error ? { problems: [], known: new Map() } : narrow;
  const misspellings = likelyMisspellings(known);
  if (errors.length === 0) {
    for (const { path, close } of misspellings)
      warn(`its spec knows no "${path}" in the config; did you mean "${close}"?`);
    return [];
  }
  const words = { known, secrets: secretValues(config, spec) };
  const left = narrow instanceof Error ? errors : judge(narrow.schema, config);
  const found = withMisspellings(unique([...problems, ...describeProblems(left, words)]), misspellings);
  const all = found.length > 0 ? found : describeProblems(errors, words);
  const lenient = await openJudge({ formats: 'ignored' });
  if (lenient(schema, config).length > 0) return all;
  for (const { path, message } of all) warn(`${path} in the config ${message}`);
  return [];
}

/** The error that names every fault of a config, without its secrets. */
export function invalid(
  connector: string,
  problems: readonly ConfigProblem[],
  { documentationUrl }: ConnectorSpecification,
  secrets: readonly string[],
): ConfigInvalidError {
  const faults = problems.map(({ path, message }) => (path === '' ? message : `${path} ${message}`));
  return new ConfigInvalidError(
    mask(`${connector}: the config is not valid: ${faults.join('; ')}`, secrets),
    {
      problems,
      guidance:
        typeof documentationUrl === 'string'
          ? `Its documentation: ${documentationUrl}`
          : `Its spec says what it takes (sluice spec ${connector}).`,
    },
  );
}

/** Whether a config is empty and may be: then the judge, which takes a fifth of the time of starting, is not opened. */
function asksNothing(schema: Schema, config: Config): boolean {
  return (
    Object.keys(config).length === 0 &&
    Object.entries(schema).every(
      ([word, value]) => (word === 'type' && value === 'object') || saysNothingOfEmpty.has(word),
    )
  );
}

/** Keywords that every empty object fits. */
const saysNothingOfEmpty: ReadonlySet<string> = new Set([
  '$schema',
  'title',
  'description',
  'properties',
  'additionalProperties',
]);

/** A schema's judge knows no number but those of JavaScript; a value that it must round is none the less valid. */
function asPlainNumbers(config: Config): Config {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, plainNumbers(value)]));
}

function plainNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof LosslessNumber) return Number(value.value);
  if (Array.isArray(value)) return value.map(plainNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plainNumbers(field)]));
}

/** Beside other faults a likely misspelling is told too, unless one of them speaks of it already. */
function withMisspellings(
  problems: readonly ConfigProblem[],
  misspellings: readonly Misspelling[],
): readonly ConfigProblem[] {
  if (problems.length === 0) return problems;
  const isTold = ({ path, close }: Misspelling) =>
    problems.some((problem) => problem.path === path || problem.message.includes(`"${lastPart(path)}"`)) ||
    problems.some((problem) => lastPart(problem.path) === close && problem.message.startsWith('is required'));
  const others = misspellings.filter((one) => !isTold(one));
  return [
    ...problems,
    ...others.map(({ path, close }) => ({
      path,
      message: `is not known to the spec; did you mean "${close}"?`,
    })),
  ];
}

function unique(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return [...new Map(problems.map((one) => [`${one.path}\0${one.message}`, one])).values()];
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

interface Misspelling {
  readonly path: string;
  readonly close: string;
}

function tried<Result>(action: () => Result): Result | Error {
  try {
    return action();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Properties that the schema does not know, but that are near to one that it knows and that is not set. */
function likelyMisspellings(
  known: ReadonlyMap<string, { readonly value: Config; readonly names: ReadonlySet<string> }>,
): readonly Misspelling[] {
  return [...known].flatMap(([pointer, { value, names }]) =>
    Object.keys(value).flatMap((name) => {
      if (names.size === 0 || names.has(name)) return [];
      const free = [...names].filter((one) => !Object.hasOwn(value, one));
      const close = misspelt(name, free);
      return close === undefined ? [] : [{ path: pathIn(`${pointer}/${name}`), close }];
    }),
  );
}
