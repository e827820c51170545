import type { ConfigProblem } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A copy of a value in which `${NAME}` in each string is what the environment holds under that name; `$${NAME}` stands
 * for the text `${NAME}` itself. Names that are not set are added to `problems`, each with the path of its string.
 */
export function substitute(value: unknown, env: Environment, problems: ConfigProblem[], path = ''): unknown {
  if (typeof value === 'string') return substituteText(value, env, problems, path);
  if (Array.isArray(value)) {
    return value.map((item, index) => substitute(item, env, problems, join(path, String(index))));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, substitute(field, env, problems, join(path, key))]),
  );
}

function substituteText(text: string, env: Environment, problems: ConfigProblem[], path: string): string {
  return text.replace(references, (whole, escaped?: string, name?: string, rest?: string) => {
    if (escaped !== undefined) return whole.slice(1);
    if (name === undefined) return whole;
    if (rest !== '') {
      problems.push({
        path,
        message: `has more inside the braces than a name: only \${${name}} is understood`,
      });
      return whole;
    }
    const value = env[name];
    if (value !== undefined) return value;
    problems.push({ path, message: `names ${name}, which is not set in the environment` });
    return whole;
  });
}

// `${NAME}`, the same with a further `$` before it, and shell forms such as `${NAME:-default}`, which are refused.
const references = /(\$\$)\{[^}]*\}|\$\{([A-Za-z_][A-Za-z0-9_]*)((?:[:?+=#%/-][^}]*)?)\}/g;

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
