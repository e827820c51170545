import { ConfigInvalidError, type ConfigProblem, InputError } from '../errors.ts';
import { isPostgresUrl, readPostgresUrl } from '../sql/postgres/connection-url.ts';
import { substitute } from './environment.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A database's URL with `${NAME}` replaced from the environment. A password that stands in it as it is would be seen by
 * everybody who lists this machine's processes, and is refused.
 */
export function fillUrl(flag: string, argument: string, env: Environment = process.env): string {
  if (isPostgresUrl(argument)) refusePassword(flag, argument);
  const problems: ConfigProblem[] = [];
  const fill = (text: string, values: Environment): string => String(substitute(text, values, problems));
  const [, scheme = '', credentials = '', rest = ''] = parts.exec(argument) ?? [];
  // A password from the environment may hold any character, which must not end it.
  const filled = `${scheme}${fill(credentials, encoded(env))}${fill(rest, env)}`;
  if (problems.length > 0) {
    throw new ConfigInvalidError(`${flag} cannot be filled in from the environment`, {
      problems,
      guidance: `Set what is missing: ${problems.map(({ message }) => message).join('; ')}.`,
    });
  }
  if (isPostgresUrl(filled)) return filled;
  throw new InputError(`${flag}: what the environment holds there is no URL of a PostgreSQL database`, {
    guidance: 'It begins with postgresql://.',
  });
}

/** Scheme, what stands before the last `@` of the host, and all the rest. */
const parts = /^(postgres(?:ql)?:\/\/)?([^?]*@)?(.*)$/s;

function refusePassword(flag: string, url: string): void {
  const { password = '' } = readPostgresUrl(url);
  if (password.replaceAll(/\$\{\w+\}/g, '') === '') return;
  throw new InputError(
    `${flag} holds a password, which everybody who lists this machine's processes would see`,
    {
      guidance: `Write '\${NAME}' in its place, in single quotes, and set NAME in the environment; or leave it out and set PGPASSWORD.`,
    },
  );
}

function encoded(env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [
      name,
      value === undefined ? undefined : encodeURIComponent(value),
    ]),
  );
}
