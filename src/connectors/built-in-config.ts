import type { z } from 'zod';
import { ConfigInvalidError } from '../errors.ts';
import type { Config } from '../protocol/spec.ts';

/** The built-in connectors bear the version of the package that they come with. */
export const builtInVersion = '0.1.0';

/** The config of a built-in connector with its defaults filled in; ConfigInvalidError names every fault with its path. */
export function builtInConfig<T>(name: string, schema: z.ZodType<T>, config: Config): T {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const faults = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  throw new ConfigInvalidError(`${name}: the config is not valid: ${faults.join('; ')}`, {
    problems,
    cause: parsed.error,
  });
}
