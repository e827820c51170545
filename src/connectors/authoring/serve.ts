import { Console } from 'node:console';
import type { Writable } from 'node:stream';
import {
  CheckFailedError,
  ConfigInvalidError,
  InputError,
  messageOf,
  ProtocolError,
  SluiceError,
} from '../../errors.ts';
import { encodeItems } from '../../protocol/encode.ts';
import type { ConnectionId, ConnectorProgram, Flow, FlowItem, RunOptions } from '../../protocol/flow.ts';
import { readMessages } from '../../protocol/lines.ts';
import type { LogEntry } from '../../protocol/log.ts';
import { stringifyLossless } from '../../protocol/lossless-json.ts';
import { getDestination } from '../destination.ts';
import { getSource } from '../source.ts';
import { readCommand, type ServedCommand } from './served-command.ts';

export interface ServeOptions {
  /** The command and its flags, as the Airbyte protocol gives them; those of this process by default. */
  readonly args?: readonly string[];
}

/**
 * Makes a connector in TypeScript a program that speaks the Airbyte protocol: `spec`, `check`, `discover`, `read` and
 * `write`, with messages on stdout and a destination's input on stdin. Call it at the end of a file of your own, or
 * run `sluice serve FILE`. What the connector prints by `console` goes to stderr. Whatever fails is told in a TRACE
 * message, also a connector that cannot be loaded: give a function that loads it. Sets the exit code of this process and answers it: 0, 1 when the command failed, 2 for faulty arguments.
 */
export async function serve(
  connector: ConnectorProgram | (() => Promise<ConnectorProgram>),
  { args = process.argv.slice(2) }: ServeOptions = {},
): Promise<number> {
  globalThis.console = new Console(process.stderr);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGTERM', stop).once('SIGINT', stop);
  const say = speaker(process.stdout);
  try {
    const command = await readCommand(args);
    const program = typeof connector === 'function' ? await connector() : connector;
    process.exitCode = await answer(program, command, say, stopping.signal);
  } catch (error) {
    process.exitCode = error instanceof InputError ? 2 : 1;
    // Nobody is left to tell when stdout is what failed.
    await say([traceOf(error)]).catch(() => {});
    process.stderr.write(`${messageOf(error)}\n`);
  } finally {
    process.off('SIGTERM', stop).off('SIGINT', stop);
    // A source of input that nobody wants to read any more must not keep the process.
    process.stdin.destroy();
  }
  return process.exitCode;
}

type Say = (messages: readonly (FlowItem | Unsent)[]) => Promise<void>;

/** Messages that a connector says and that never flow. */
interface Unsent {
  readonly type: 'LOG';
  readonly log: { readonly level: string; readonly message: string };
}

async function answer(
  program: ConnectorProgram,
  command: ServedCommand,
  say: Say,
  signal: AbortSignal,
): Promise<number> {
  const logged: Promise<void>[] = [];
  const log = ({ level, message }: LogEntry): void => {
    logged.push(say([{ type: 'LOG', log: { level, message } }]));
  };
  const run: RunOptions = { signal, log, connection: 'served' as ConnectionId, syncId: 0, onEvent: () => {} };
  await using end = await endOf(program, command, say);
  switch (command.command) {
    case 'spec':
      await say([{ type: 'SPEC', spec: await end.connector.spec(run) }]);
      break;
    case 'check':
      await say([
        { type: 'CONNECTION_STATUS', connectionStatus: await statusOf(() => end.connector.check(run)) },
      ]);
      break;
    case 'discover':
      if (end.source === undefined) throw new InputError(`${program.name}: a destination has no discover`);
      await say([{ type: 'CATALOG', catalog: await end.source.discover(run) }]);
      break;
    case 'read':
      if (end.source === undefined) throw new InputError(`${program.name}: a destination has no read`);
      await end.source.validateConfig(run);
      for await (const items of end.source.extract(command.catalog, command.states, run)) await say(items);
      break;
    case 'write': {
      if (end.destination === undefined) throw new InputError(`${program.name}: a source has no write`);
      await end.destination.validateConfig(run);
      const input = inputOf(program.name, command, run);
      for await (const items of end.destination.load(command.catalog, input, run)) await say(items);
    }
  }
  await Promise.all(logged);
  return 0;
}

/** The connector as the rest of Sluice uses it, so that configs are validated and secrets masked as they always are. */
async function endOf(program: ConnectorProgram, command: ServedCommand, say: Say) {
  const config = command.command === 'spec' ? {} : command.config;
  const onConfigChange = (changed: Readonly<Record<string, unknown>>) =>
    say([
      {
        type: 'CONTROL',
        control: { type: 'CONNECTOR_CONFIG', emitted_at: Date.now(), connectorConfig: { config: changed } },
      },
    ]);
  const isWritten = command.command === 'write' || program.read === undefined;
  const source = isWritten ? undefined : getSource(program, config, { onConfigChange });
  const destination = isWritten ? getDestination(program, config, { onConfigChange }) : undefined;
  const connector = source ?? destination;
  if (connector === undefined) throw new InputError(`${program.name} is neither a source nor a destination`);
  return { connector, source, destination, [Symbol.asyncDispose]: () => connector[Symbol.asyncDispose]() };
}

async function statusOf(
  check: () => Promise<void>,
): Promise<{ readonly status: 'SUCCEEDED' | 'FAILED'; readonly message?: string }> {
  try {
    await check();
    return { status: 'SUCCEEDED' };
  } catch (error) {
    if (error instanceof ConfigInvalidError) return { status: 'FAILED', message: error.message };
    if (error instanceof CheckFailedError)
      return { status: 'FAILED', message: String(error.context['reason']) };
    throw error;
  }
}

/** What comes on stdin. A record that cannot be read ends it: the rest would be written without it. */
async function* inputOf(
  name: string,
  { catalog }: Extract<ServedCommand, { command: 'write' }>,
  { log }: RunOptions,
): Flow {
  yield* readMessages(process.stdin, {
    connector: name,
    log,
    catalog,
    onDamage: ({ what, why }) => {
      throw new ProtocolError(`${name}: a ${what} of its input cannot be read: ${why}`, {
        guidance: 'Whatever feeds it has damaged or cut off a message.',
      });
    },
  });
}

function speaker(stdout: Writable): Say {
  let turn: Promise<void> = Promise.resolve();
  return (messages) => {
    const bytes = messages.flatMap((message) => linesOf(message));
    turn = turn.then(async () => {
      for (const piece of bytes) await written(stdout, piece);
    });
    return turn;
  };
}

function linesOf(message: FlowItem | Unsent): readonly Uint8Array[] {
  switch (message.type) {
    case 'RECORDS':
    case 'STATE':
    case 'TRACE':
      return encodeItems([message]);
    default:
      return [Buffer.from(`${stringifyLossless(message)}\n`)];
  }
}

function written(stdout: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stdout.write(bytes, (error) => (error == null ? resolve() : reject(error)));
  });
}

function traceOf(error: unknown): FlowItem {
  const isConfig = error instanceof ConfigInvalidError || error instanceof InputError;
  const guidance = error instanceof SluiceError ? error.guidance : undefined;
  return {
    type: 'TRACE',
    trace: {
      type: 'ERROR',
      emitted_at: Date.now(),
      error: {
        message: guidance === undefined ? messageOf(error) : `${messageOf(error)}. ${guidance}`,
        failure_type: isConfig ? 'config_error' : 'system_error',
      },
    },
  };
}
