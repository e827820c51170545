import { z } from 'zod';
import { InputError } from '../errors.ts';
import { bytesOf, type ContainerOptions } from '../executors/docker/options.ts';
import type { KitOptions } from '../executors/manifest.ts';
import type { Executor } from '../protocol/flow.ts';
import { didYouMean } from '../protocol/nearest.ts';
import type { StreamSelection } from '../protocol/select-streams.ts';
import type { Config } from '../protocol/spec.ts';
import type { Timeouts } from '../protocol/timeouts.ts';

/** How a connector is run, and what it is given beside its config. At most one way of running may be named. */
export interface ConnectorOptions {
  /** The version to run: exact, or `"latest"`. */
  readonly version?: string | undefined;
  /** Run a program: `true` for the one on PATH that bears the connector's name, or a path. */
  readonly localExecutable?: true | string | undefined;
  /** Run a Docker image: `true` for `airbyte/<name>`, or an image. */
  readonly dockerImage?: true | string | undefined;
  /** Run a Python package: `true`, a Python version (`"3.11"`) or the path of an interpreter; `false` means Docker. */
  readonly usePython?: boolean | string | undefined;
  /** What pip is to install: one or several requirements. */
  readonly pipUrl?: string | undefined;
  /** Run an npm package: its name, a folder, a tarball or a URL; `#name` behind it says which export is the connector. */
  readonly npmPackage?: string | undefined;
  /** Run the npm package in this process rather than in one of its own. */
  readonly inProcess?: boolean | undefined;
  /** Run a declarative manifest: `true`, a path, a URL, or the manifest itself. */
  readonly sourceManifest?: boolean | string | Readonly<Record<string, unknown>> | undefined;
  /** How a manifest is run: by which version of Airbyte's kit, and whether its own Python may run. */
  readonly manifest?: KitOptions | undefined;
  /** Run nothing: only the spec and the validation of a config are wanted. */
  readonly noExecutor?: boolean | undefined;
  /** Run it by an executor of one's own. */
  readonly executor?: Executor | undefined;
  /** Install the connector on first use if it is missing; otherwise that is an error. Default: true. */
  readonly installIfMissing?: boolean | undefined;
  /** The folder that holds installed connectors. Default: `.sluice/connectors`. */
  readonly installRoot?: string | undefined;
  /** Called, and awaited, with the whole new config when the connector changes it (a rotated token, a migration). */
  readonly onConfigChange?: ((config: Config) => void | Promise<void>) | undefined;
  /** Variables that the connector gets beside the few that every connector gets. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** How long to wait for what. */
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** How its container is run. */
  readonly docker?: ContainerOptions | undefined;
  /** Short for `docker: { network: 'host' }`. */
  readonly useHostNetwork?: boolean | undefined;
}

/** What a source may be given besides. */
export interface SourceOptions extends ConnectorOptions {
  /** The streams to read, as by `selectStreams`. */
  readonly streams?: StreamSelection | undefined;
}

export type ConnectorKind = 'source' | 'destination';

/** Refuses options that are unknown or of the wrong type. Touches nothing. */
export function checkOptions(kind: ConnectorKind, options: unknown, who: string): SourceOptions {
  return parseOptions(kind === 'source' ? sourceSchema : connectorSchema, options, who);
}

/** Parses an options object by its schema; the first fault is one line, with the nearest name for an unknown option. */
export function parseOptions<Schema extends z.ZodObject>(
  schema: Schema,
  options: unknown,
  who: string,
): z.output<Schema> {
  const parsed = schema.safeParse(options === undefined ? {} : options);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    if (issue.code === 'unrecognized_keys')
      throw unknownOption(who, issue.keys[0] ?? '', issue.path[0], Object.keys(schema.shape));
  }
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new InputError(
    path === ''
      ? `${who}: the options must be an object`
      : `${who}: the option "${path}" is not right: ${meant(issue?.message ?? '')}`,
    { context: { option: path } },
  );
}

function unknownOption(who: string, option: string, inside: unknown, names: readonly string[]): InputError {
  const parts: Readonly<Record<string, object>> = { timeouts: limits, docker: container, manifest: kit };
  const known = typeof inside === 'string' ? Object.keys(parts[inside] ?? {}) : names;
  const hint = didYouMean(option, known);
  const place = typeof inside === 'string' ? ` in "${inside}"` : '';
  return new InputError(
    `${who}: unknown option "${option}"${place}${hint === undefined ? '' : `; ${hint}`}`,
    { guidance: `Options: ${known.join(', ')}.`, context: { option } },
  );
}

/** A fault as we say it; where a schema says nothing itself, zod names what was expected. */
function meant(message: string): string {
  const [, expected = ''] = /^Invalid input: expected (\w+),/.exec(message) ?? [];
  const kind = kinds[expected];
  return kind === undefined ? message.charAt(0).toLowerCase() + message.slice(1) : `must be ${kind}`;
}

const kinds: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
};

const milliseconds = z.custom<number>((value) => typeof value === 'number' && value > 0, {
  error: 'must be a number of milliseconds greater than 0, or Infinity',
});

const limits = {
  commandMs: milliseconds.optional(),
  silenceMs: milliseconds.optional(),
  blockedMs: milliseconds.optional(),
  drainMs: milliseconds.optional(),
  graceMs: milliseconds.optional(),
  installMs: milliseconds.optional(),
};

/** Limits on waiting, for the options of a connector and of a write. One that is undefined is left out: it means the default. */
export const timeoutsSchema = z
  .strictObject(limits)
  .transform(
    (timeouts): Partial<Timeouts> =>
      Object.fromEntries(Object.entries(timeouts).filter(([, ms]) => ms !== undefined)),
  );

/** A selection of streams in options; an empty list passes here and is refused where the source is known. */
export const streamsSchema = z.union([z.string(), z.array(z.string())], {
  error: 'must be a name, a list of names, or "*"',
});

function fits<Value>(holds: (value: unknown) => boolean, error: string): z.ZodType<Value> {
  return z.custom<Value>(holds, { error });
}

const flag = z.boolean({ error: 'must be true or false' });
const text = z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' });
const trueOrText = (what: string) => z.union([z.literal(true), text], { error: `must be true or ${what}` });

const container = {
  network: text.optional(),
  extraHosts: z
    .array(z.string().regex(/^[^:\s]+:.+$/, { error: 'must be written as name:address' }), {
      error: 'must be a list such as ["database:10.0.0.7"]',
    })
    .optional(),
  // Less the engines refuse.
  memory: text
    .refine((amount) => (bytesOf(amount) ?? 0) >= 6 * 1024 ** 2, {
      error: 'must be an amount such as "512m" or "2g", and at least "6m"',
    })
    .optional(),
  cpus: z.number({ error: 'must be a number' }).positive({ error: 'must be more than 0' }).optional(),
  platform: text.regex(/^\w+(\/\w+){0,2}$/, { error: 'must be a platform such as "linux/amd64"' }).optional(),
  user: text.optional(),
  pull: z.enum(['always', 'missing', 'never'], { error: 'must be always, missing or never' }).optional(),
};

// What pip is to do is not theirs to say: it would print its help, or take options for packages.
const requirement = text.refine((words) => !words.trim().startsWith('-'), {
  error: 'must begin with a package, not with an option of pip',
});

const kit = {
  cdk: requirement.optional(),
  customComponents: trueOrText('a path').optional(),
};

const connectorSchema = z.strictObject({
  version: text.optional(),
  localExecutable: trueOrText('a path').optional(),
  dockerImage: trueOrText('an image').optional(),
  usePython: z
    .union([z.boolean(), text], { error: 'must be true, false, a Python version or a path' })
    .optional(),
  pipUrl: requirement.optional(),
  npmPackage: text
    .refine((name) => !name.trim().startsWith('-'), { error: 'must be a package, not an option of npm' })
    .optional(),
  inProcess: flag.optional(),
  sourceManifest: z
    .union([z.boolean(), text, z.record(z.string(), z.unknown())], {
      error: 'must be true, a path, a URL or a manifest',
    })
    .optional(),
  manifest: z.strictObject(kit).optional(),
  noExecutor: flag.optional(),
  executor: fits<Executor>(isExecutor, 'must be an Executor').optional(),
  installIfMissing: flag.optional(),
  installRoot: text.optional(),
  onConfigChange: fits<(config: Config) => void | Promise<void>>(
    (value) => typeof value === 'function',
    'must be a function',
  ).optional(),
  env: z
    .record(z.string(), z.string(), { error: 'must be an object of texts' })
    .refine((env) => Object.keys(env).every(isVariable), {
      error: 'holds what is no name of a variable: none may be empty or have a space or = in it',
    })
    .optional(),
  timeouts: timeoutsSchema.optional(),
  docker: z.strictObject(container).optional(),
  useHostNetwork: flag.optional(),
});

const sourceSchema = connectorSchema.extend({ streams: streamsSchema.optional() });

function isVariable(name: string): boolean {
  return /^[^\s=\0]+$/.test(name);
}

function isExecutor(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'run' in value && typeof value.run === 'function';
}
