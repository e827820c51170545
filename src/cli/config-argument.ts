import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import type { ConfigProblem } from '../errors.ts';
import { ConfigInvalidError, errnoOf, InputError, StorageError, storageError } from '../errors.ts';
import type { Config } from '../protocol/spec.ts';
import { parseConfigText } from './config-text.ts';
import { substitute } from './environment.ts';

interface ConfigSources {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The bytes of stdin, for `-`. */
  readonly stdin?: (signal: AbortSignal | undefined) => Promise<Uint8Array>;
  /** Stops the wait for stdin. */
  readonly signal?: AbortSignal;
}

/**
 * The config that a flag names: inline JSON, a `.json` or `.toml` file (or any file that holds one of the two, such as
 * `<(…)` of a shell), or `-` for stdin; then with `${NAME}` replaced from the environment.
 */
export async function readConfig(
  flag: string,
  argument: string | undefined,
  { env = process.env, stdin = readStdin, signal }: ConfigSources = {},
): Promise<Config | undefined> {
  if (argument === undefined) return undefined;
  const written = await readArgument(flag, argument, () => stdin(signal));
  const problems: ConfigProblem[] = [];
  const config = Object.fromEntries(
    Object.entries(written).map(([key, value]) => [key, substitute(value, env, problems, key)]),
  );
  if (problems.length > 0) {
    throw new ConfigInvalidError(`${flag} cannot be filled in from the environment`, {
      problems,
      guidance: `Set what is missing; write $\${NAME} where the text \${NAME} itself is meant.`,
    });
  }
  return config;
}

/** Only one config can come from stdin. */
export function refuseStdinTwice(flags: Readonly<Record<string, string | undefined>>): void {
  const fromStdin = Object.entries(flags).filter(([, argument]) => argument === '-');
  if (fromStdin.length > 1) {
    throw new InputError(`${fromStdin.map(([flag]) => flag).join(' and ')} cannot both come from stdin`, {
      guidance: 'Give one of them as a file.',
    });
  }
}

async function readArgument(
  flag: string,
  argument: string,
  stdin: () => Promise<Uint8Array>,
): Promise<Config> {
  if (argument === '-') return parseConfigText(await stdin(), 'unknown', `${flag}, read from stdin`);
  if (argument.trimStart().startsWith('{')) return parseConfigText(argument, 'json', flag);
  const content = await readFile(argument).catch((error: unknown) => {
    throw unreadable(flag, argument, error);
  });
  const format = argument.endsWith('.json') ? 'json' : argument.endsWith('.toml') ? 'toml' : 'unknown';
  return parseConfigText(content, format, `${flag} ${argument}`);
}

function unreadable(flag: string, argument: string, error: unknown): unknown {
  // Text that is not a path may be a config with its braces forgotten, and hold a secret.
  const looksLikePath = /^[^\s"'{}[\]:=,]{1,255}$/.test(argument);
  if (!looksLikePath && ['ENOENT', 'ENAMETOOLONG', 'ENOTDIR'].includes(errnoOf(error) ?? '')) {
    return new InputError(`${flag} is neither a JSON object nor a file that exists`, {
      guidance: 'It takes JSON that starts with {, the path of a .json or .toml file, or - for stdin.',
    });
  }
  if (errnoOf(error) === 'ENOENT') {
    return new InputError(`${flag} ${argument}: no such file`, {
      guidance: 'It takes JSON that starts with {, the path of a .json or .toml file, or - for stdin.',
      cause: error,
    });
  }
  const known = storageError(error, `${flag} ${argument}`);
  return known instanceof StorageError ? new InputError(known.message, { cause: error }) : known;
}

async function readStdin(signal: AbortSignal | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const stream = signal === undefined ? process.stdin : addAbortSignal(signal, process.stdin);
  try {
    for await (const chunk of stream) chunks.push(chunk);
  } catch (error) {
    signal?.throwIfAborted();
    throw storageError(error, 'stdin cannot be read');
  }
  return Buffer.concat(chunks);
}
