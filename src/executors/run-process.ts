import { DeliveryError, messageOf, NotRunnableError, StalledError } from '../errors.ts';
import { encodeInput } from '../protocol/encode.ts';
import type { ExecutionOptions, FlowItem, Invocation } from '../protocol/flow.ts';
import { readMessages } from '../protocol/lines.ts';
import type { Timeouts } from '../protocol/timeouts.ts';
import { type Child, type Exit, lingerMs, startChild } from './child.ts';
import { connectorEnvironment, type Environment } from './environment.ts';
import { type Feed, feed } from './feed.ts';
import { writeArguments } from './invocation-files.ts';
import { afterMs, spokenMs, withinMs } from './limit.ts';
import { readOutput } from './output.ts';
import { drainStderr, type StderrTail, tellingLine } from './stderr.ts';
import { sweepWorkspaces } from './sweep.ts';
import { openVerdict, type Verdict } from './verdict.ts';
import { openWorkspace } from './workspace.ts';

/** A connector as a program that can be started. */
export interface Program {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Added to what every connector gets of our environment. */
  readonly env: Environment;
  readonly timeouts: Timeouts;
}

/** Runs one command of a connector as a child process. Keeps the promises of `Executor.run`, its signal asked. */
export async function* runProcess(
  program: Program,
  invocation: Invocation,
  options: ExecutionOptions,
): AsyncGenerator<readonly FlowItem[]> {
  const { name, file, env, timeouts } = program;
  const { command } = invocation;
  const { signal } = options;
  const verdict = openVerdict(name, command, options);
  await sweepOnce();
  await using workspace = await openWorkspace();
  const args = [...program.args, ...(await writeArguments(workspace, invocation))];
  signal.throwIfAborted();
  await using child = await startChild({
    file,
    args,
    env: connectorEnvironment(env),
    stdin: command === 'write' ? 'pipe' : 'ignore',
    workspace: workspace.folder,
    graceMs: timeouts.graceMs,
  });
  await using limits = watch(child, { name, command, timeouts, signal });
  const stderr = drainStderr(child.stderr, (line, level) => {
    const message = verdict.mask(line);
    verdict.log({ level, message, connector: name, origin: 'stderr' });
    return message;
  });
  const input = feedOf(child, invocation, limits);
  try {
    const bytes = readOutput(child, signal);
    for await (const items of readMessages(bytes, readingOf(name, invocation, verdict))) {
      yield verdict.observe(items);
    }
    const exit = await limits.exit();
    await withinMs(lingerMs, stderr.ended);
    await input?.settle();
    signal.throwIfAborted();
    judge({ name, exit, verdict, stderr, input, stalled: limits.stalled });
  } finally {
    input?.leave();
  }
}

/** Once in the life of this process, before its first run: it is about what earlier processes left. */
const sweepOnce = once(() => sweepWorkspaces());

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= action();
    return done;
  };
}

function readingOf(name: string, invocation: Invocation, { log }: Verdict) {
  switch (invocation.command) {
    case 'read':
      return { connector: name, log, catalog: invocation.catalog };
    case 'write':
      return { connector: name, log, unwrappedStates: true };
    default:
      return { connector: name, log };
  }
}

interface Limits extends AsyncDisposable {
  /** The limit that the child has run into and for which it was stopped. */
  readonly stalled: StalledError | undefined;
  /** Waits for the exit of a child that has closed its output. */
  exit(): Promise<Exit>;
  /** Stops the child unless it ends by itself in the time a destination has whose input was cut. */
  drain(): void;
}

interface Watched {
  readonly name: string;
  readonly command: Invocation['command'];
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
}

/** Stops a child that overstays a limit, or when the signal aborts. */
function watch(child: Child, { name, command, timeouts, signal }: Watched): Limits {
  let stalled: StalledError | undefined;
  const offs: (() => void)[] = [];
  const stop = () => {
    child.stop().catch(() => {});
  };
  const limit = (ms: number, complaint?: string) => {
    const overstay = () => {
      if (complaint !== undefined) stalled ??= overstayed(name, `${complaint} within ${spokenMs(ms)}`);
      stop();
    };
    offs.push(afterMs(ms, overstay));
  };
  const isShort = command !== 'read' && command !== 'write';
  if (isShort) limit(timeouts.commandMs, `${command} did not end`);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return {
    get stalled() {
      return stalled;
    },
    exit() {
      // A destination may still be writing; what it is allowed is for the sync to say, which stops it by its signal.
      if (command !== 'write') limit(timeouts.drainMs, 'it closed its output but did not exit');
      return child.exited;
    },
    drain() {
      limit(timeouts.drainMs);
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', stop);
      for (const off of offs) off();
    },
  };
}

function overstayed(name: string, complaint: string): StalledError {
  return new StalledError(`${name}: ${complaint}`, {
    guidance: 'Raise the limit in the `timeouts` option if the connector needs longer.',
    context: { connector: name },
  });
}

/** The input of a `write` under way. */
interface Input extends Pick<Feed, 'leave' | 'isDelivered'> {
  /** What the input threw, if that was before the child exited. */
  readonly failure: Feed['failure'];
  /** Gives an input that is just ending the moment to say so. */
  settle(): Promise<void>;
}

function feedOf(child: Child, invocation: Invocation, limits: Limits): Input | undefined {
  if (invocation.command !== 'write' || child.stdin === null) return undefined;
  const feeding = feed(child.stdin, encodeInput(invocation.input));
  let failure: Feed['failure'];
  void feeding.ended.then(() => {
    if (child.exit !== undefined) return;
    failure = feeding.failure;
    if (!feeding.isDelivered) limits.drain();
  });
  return {
    leave: () => feeding.leave(),
    get isDelivered() {
      return feeding.isDelivered;
    },
    get failure() {
      return failure;
    },
    settle: () => withinMs(settleMs, feeding.ended),
  };
}

const settleMs = 50;

interface Ended {
  readonly name: string;
  readonly exit: Exit;
  readonly verdict: Verdict;
  readonly stderr: StderrTail;
  readonly input: Input | undefined;
  readonly stalled: StalledError | undefined;
}

/** Throws unless the run has ended well; what failed first is thrown first. */
function judge({ name, exit, verdict, stderr, input, stalled }: Ended): void {
  if (input?.failure !== undefined) throw input.failure.error;
  if (stalled !== undefined) throw stalled;
  if ('cause' in exit) {
    throw new NotRunnableError(`${name}: cannot be started: ${messageOf(exit.cause)}`, { cause: exit.cause });
  }
  const { exitCode, signal } = exit;
  const context = { ...exit, stderr: [...stderr.lines] };
  const reason = tellingLine(stderr.lines);
  if (signal !== undefined) {
    throw verdict.failure({ how: `killed by ${signal}`, reason, guidance: adviceOn(signal), context });
  }
  if (exitCode !== 0) {
    const guidance = exitCode === undefined ? undefined : adviceOn(signalOf(exitCode));
    throw verdict.failure({ how: `exit code ${exitCode}`, reason, guidance, context });
  }
  if (verdict.errors.length > 0) {
    throw verdict.failure({ how: 'exit code 0, but it reported this error', context });
  }
  if (input !== undefined && !input.isDelivered) {
    throw new DeliveryError(`${name}: exited before it had taken all records (exit code 0)`, {
      guidance: 'It ended without an error while there was more to write: its own log may tell why.',
      context: { connector: name, command: 'write', ...context },
    });
  }
}

/** A shell reports a signal of its child as 128 and the signal's number. */
function signalOf(exitCode: number): string | undefined {
  if (exitCode === 137) return 'SIGKILL';
  return exitCode === 143 ? 'SIGTERM' : undefined;
}

function adviceOn(signal: string | undefined): string | undefined {
  if (signal === 'SIGKILL') {
    return 'Sluice did not kill it. Most likely the system did because memory ran out: give it more, or fewer streams at once.';
  }
  return signal === 'SIGTERM' ? 'Sluice did not stop it: something else on this machine did.' : undefined;
}
