import { DeliveryError, InputError, messageOf, SluiceError } from '../errors.ts';
import type { ConnectorProgram, ExecutionOptions, Flow, FlowItem, Invocation } from '../protocol/flow.ts';
import { spokenMs, type Timeouts } from '../protocol/timeouts.ts';
import { endedBy } from './ended-by.ts';
import { afterMs } from './limit.ts';
import { overstayedBy } from './process-limits.ts';
import { openVerdict, type Verdict } from './verdict.ts';
import { watchInput } from './watched-input.ts';

type Items = readonly FlowItem[];

/** A connector as functions of this process. */
export interface Runnable {
  readonly name: string;
  readonly load: () => Promise<ConnectorProgram>;
  readonly timeouts: Timeouts;
}

/** Runs one command of a TypeScript connector. Keeps the promises of `Executor.run`. */
export async function* runProgram(
  { name, load, timeouts }: Runnable,
  invocation: Invocation,
  options: ExecutionOptions,
): AsyncGenerator<Items> {
  const { signal } = options;
  const { command } = invocation;
  const verdict = openVerdict(name, command, options);
  const running: ExecutionOptions = {
    ...options,
    log: (entry) => verdict.log({ connector: name, ...entry }),
  };
  const taken = command === 'write' ? watchInput(invocation.input) : undefined;
  try {
    const program = await load();
    const flow = flowOf(
      name,
      program,
      taken ? withInput(invocation, taken.flow) : invocation,
      running,
      timeouts,
    );
    for await (const items of endedBy(flow, signal, timeouts.graceMs)) yield verdict.observe(items);
  } catch (error) {
    signal.throwIfAborted();
    throw taken?.failure !== undefined ? taken.failure.error : ours(error, verdict);
  } finally {
    taken?.leave();
  }
  signal.throwIfAborted();
  if (taken?.failure !== undefined) throw taken.failure.error;
  if (verdict.errors.length > 0) throw verdict.failure({ how: 'it reported this error' });
  if (taken?.hasEnded === false) {
    throw new DeliveryError(`${name}: ended before it had taken all records`, {
      guidance: 'Its `write` has to take its input to the end.',
      context: { connector: name, command },
    });
  }
}

function withInput(invocation: Invocation, input: Flow): Invocation {
  return invocation.command === 'write' ? { ...invocation, input } : invocation;
}

/** One command as a Flow. */
function flowOf(
  name: string,
  program: ConnectorProgram,
  invocation: Invocation,
  options: ExecutionOptions,
  { commandMs }: Timeouts,
): Flow {
  const { command } = invocation;
  switch (command) {
    case 'spec':
      return single(async () => ({ type: 'SPEC', spec: program.spec }));
    case 'check':
      return single(async () => ({
        type: 'CONNECTION_STATUS',
        connectionStatus: await within(name, command, commandMs, program.check(invocation.config, options)),
      }));
    case 'discover': {
      if (program.discover === undefined) throw missing(name, command);
      const discover = program.discover.bind(program);
      return single(async () => ({
        type: 'CATALOG',
        catalog: await within(name, command, commandMs, discover(invocation.config, options)),
      }));
    }
    case 'read':
      if (program.read === undefined) throw missing(name, command);
      return program.read(invocation.config, invocation.catalog, invocation.states, options);
    case 'write':
      if (program.write === undefined) throw missing(name, command);
      return program.write(invocation.config, invocation.catalog, invocation.input, options);
  }
}

async function* single(item: () => Promise<FlowItem>): AsyncGenerator<Items> {
  yield [await item()];
}

function within<T>(name: string, command: string, ms: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const off = afterMs(ms, () =>
      reject(overstayedBy(name, `${command} did not end within ${spokenMs(ms)}`)),
    );
    answer.then(resolve, reject).finally(off);
  });
}

function missing(name: string, command: 'discover' | 'read' | 'write'): InputError {
  const isSource = command === 'write';
  return new InputError(`${name}: ${isSource ? 'a source' : 'a destination'} has no ${command}`, {
    guidance: `Name a ${isSource ? 'destination' : 'source'} here.`,
    context: { connector: name, command },
  });
}

/** Errors of ours pass as they are; any other is the connector's failure. */
function ours(error: unknown, verdict: Verdict): SluiceError {
  if (error instanceof SluiceError) return error;
  return verdict.failure({ how: 'it threw', reason: messageOf(error), cause: masked(error, verdict) });
}

/** The error itself, or, where it holds a secret, a likeness without it. */
function masked(error: unknown, { mask }: Verdict): unknown {
  if (!(error instanceof Error)) return mask(String(error));
  const message = mask(error.message);
  const stack = mask(error.stack ?? '');
  if (message === error.message && stack === (error.stack ?? '')) return error;
  const likeness = new Error(message);
  likeness.name = error.name;
  likeness.stack = stack;
  return likeness;
}
