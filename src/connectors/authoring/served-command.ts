import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { InputError, messageOf } from '../../errors.ts';
import {
  type ConfiguredCatalog,
  catalogSchema,
  destinationSyncModes,
  syncModes,
} from '../../protocol/catalog.ts';
import { isJsonObject } from '../../protocol/json-object.ts';
import { parseLossless, parseSpelled } from '../../protocol/lossless-json.ts';
import type { StateMessage } from '../../protocol/messages.ts';
import type { Config } from '../../protocol/spec.ts';
import { stateSchema } from '../../protocol/state.ts';

/** What a connector that runs as a program is asked, with what its files hold. */
export type ServedCommand =
  | { readonly command: 'spec' }
  | { readonly command: 'check' | 'discover'; readonly config: Config }
  | {
      readonly command: 'read';
      readonly config: Config;
      readonly catalog: ConfiguredCatalog;
      readonly states: readonly StateMessage[];
    }
  | { readonly command: 'write'; readonly config: Config; readonly catalog: ConfiguredCatalog };

/** Reads the arguments that the Airbyte protocol gives a connector, and the files that they name. Throws InputError. */
export async function readCommand(args: readonly string[]): Promise<ServedCommand> {
  const { command, config, catalog, state } = flagsIn(args);
  if (command === 'spec') return { command };
  if (!isCommand(command)) {
    throw new InputError(
      command === undefined ? 'no command was given' : `there is no command "${command}"`,
      { guidance: usage },
    );
  }
  const given = { config: await readConfig(fileOf(config, command, '--config')) };
  if (command === 'check' || command === 'discover') return { command, ...given };
  const configured = await readCatalog(fileOf(catalog, command, '--catalog'));
  if (command === 'write') return { command, ...given, catalog: configured };
  const states = state === undefined ? [] : await readStates(state);
  return { command, ...given, catalog: configured, states };
}

const usage =
  'The commands of the Airbyte protocol: spec; check --config FILE; discover --config FILE; read --config FILE --catalog FILE [--state FILE]; write --config FILE --catalog FILE.';

const commands = ['check', 'discover', 'read', 'write'] as const;

function isCommand(command: string | undefined): command is (typeof commands)[number] {
  return commands.some((one) => one === command);
}

function flagsIn(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { config: text, catalog: text, state: text, debug: { type: 'boolean' } },
    });
    const [command, ...rest] = positionals;
    if (rest.length > 0) throw new Error(`"${rest.join(' ')}" is one argument too many`);
    return { command, ...values };
  } catch (cause) {
    throw new InputError(messageOf(cause).split('\n', 1)[0] ?? '', { guidance: usage, cause });
  }
}

function fileOf(path: string | undefined, command: string, flag: string): string {
  if (path !== undefined) return path;
  throw new InputError(`${command} needs ${flag} FILE`, { guidance: usage });
}

async function readConfig(path: string): Promise<Config> {
  const config = await readJson(path, parseSpelled);
  if (isJsonObject(config)) return config;
  throw new InputError(`${path} must hold an object, the config`);
}

const configuredSchema = z.looseObject({
  streams: z.array(
    z.looseObject({
      stream: catalogSchema.shape.streams.element,
      sync_mode: z.enum(syncModes),
      destination_sync_mode: z.enum(destinationSyncModes),
      cursor_field: z.array(z.string()).nullish(),
      primary_key: z.array(z.array(z.string())).nullish(),
    }),
  ),
});

async function readCatalog(path: string): Promise<ConfiguredCatalog> {
  const { data, error } = configuredSchema.safeParse(await readJson(path, parseSpelled));
  if (data === undefined) {
    throw new InputError(`${path} is no configured catalog: ${faultOf(error)}`, {
      guidance: 'One is { "streams": [{ "stream": {…}, "sync_mode": …, "destination_sync_mode": … }] }.',
      cause: error,
    });
  }
  const streams = data.streams.map(({ cursor_field, primary_key, ...stream }) => ({
    ...stream,
    ...(cursor_field == null ? {} : { cursor_field }),
    ...(primary_key == null ? {} : { primary_key }),
  }));
  return { streams };
}

/** The first fault, with its place. */
function faultOf({ issues: [first] }: z.ZodError): string {
  const place = first?.path.join('.') ?? '';
  const why = first?.message.replace(/^Invalid input: /, '') ?? '';
  return place === '' ? why : `"${place}": ${why}`;
}

/** A list of states, one state, or the object of before there were types of state. */
async function readStates(path: string): Promise<readonly StateMessage[]> {
  const value = await readJson(path, parseLossless);
  const states = Array.isArray(value) ? value : isEmpty(value) ? [] : [value];
  return states.map((state) => {
    const typed = isJsonObject(state) && state['type'] === undefined && state['data'] === undefined;
    const wanted = typed ? { type: 'LEGACY', data: state } : state;
    if (!isState(wanted)) throw new InputError(`${path} holds something that is no state`);
    return { type: 'STATE', state: wanted };
  });
}

function isEmpty(value: unknown): boolean {
  return value === null || (isJsonObject(value) && Object.keys(value).length === 0);
}

/** The schema's copy would forget how numbers are spelled; what was parsed has not. */
function isState(value: unknown): value is StateMessage['state'] {
  return stateSchema.safeParse(value).success;
}

async function readJson(path: string, parse: (text: string) => unknown): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new InputError(`${path} cannot be read: ${messageOf(cause)}`, { cause });
  });
  try {
    return parse(text);
  } catch {
    // The parser's message would quote what is written there, which may be a secret.
    throw new InputError(`${path} is not JSON`);
  }
}
