import type { SluiceError } from '../errors.ts';
import type { ExecutionOptions, FlowItem, Invocation } from '../protocol/flow.ts';
import { type LineOptions, readMessages } from '../protocol/lines.ts';
import type { Timeouts } from '../protocol/timeouts.ts';
import { type Child, lingerMs } from './child.ts';
import { type Feed, feed } from './feed.ts';
import { writeArguments } from './invocation-files.ts';
import { withinMs } from './limit.ts';
import { readOutput } from './output.ts';
import { judge } from './process-ending.ts';
import { type Limits, watchLimits } from './process-limits.ts';
import { drainStderr } from './stderr.ts';
import { sweepWorkspaces } from './sweep.ts';
import { openVerdict, type Verdict } from './verdict.ts';
import { openWorkspace } from './workspace.ts';

/** A connector that can be started as a child: a process of this machine or one in a container. */
export interface Startable {
  readonly name: string;
  readonly timeouts: Timeouts;
  start(run: ChildRun): Promise<Child>;
  /** Where the child sees a file of the workspace, if not where it lies. */
  readonly seenAs?: (file: string) => string;
}

/** What one run of a child is given. */
export interface ChildRun {
  /** The protocol's arguments. */
  readonly args: readonly string[];
  readonly stdin: 'pipe' | 'ignore';
  /** How much it is likely to write to its stdout. */
  readonly output: 'little' | 'much';
  /** The workspace, in which the files lie that the arguments name. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** Runs one command of a connector as a child. Keeps the promises of `Executor.run`, its signal asked. */
export async function* runChild(
  { name, timeouts, start, seenAs }: Startable,
  invocation: Invocation,
  options: ExecutionOptions,
): AsyncGenerator<readonly FlowItem[]> {
  const { command } = invocation;
  const { signal } = options;
  const verdict = openVerdict(name, command, options);
  await sweepOnce();
  await using workspace = await openWorkspace();
  const args = await writeArguments(workspace, invocation, seenAs);
  signal.throwIfAborted();
  await using child = await start({
    args,
    stdin: command === 'write' ? 'pipe' : 'ignore',
    output: command === 'read' ? 'much' : 'little',
    folder: workspace.folder,
    signal,
  });
  using limits = watchLimits(child, { name, command, timeouts, signal });
  const stderr = drainStderr(child.stderr, (line, level) => {
    const message = verdict.mask(line);
    verdict.log({ level, message, connector: name, origin: 'stderr' });
    return message;
  });
  const input = feedOf(child, invocation, limits);
  try {
    const bytes = readOutput(child, signal);
    let cutOff: SluiceError | undefined;
    const onDamage: OnDamage = (damage, { isCutOff }) => {
      const error = verdict.damage(damage);
      if (!isCutOff) throw error;
      cutOff = error;
    };
    const reading = readingOf(name, invocation, verdict, onDamage);
    const giveBack = (chunk: Uint8Array) => child.stdout.giveBack(chunk);
    for await (const items of readMessages(bytes, { ...reading, giveBack })) {
      yield verdict.observe(items);
    }
    const exit = await limits.awaitExit();
    await withinMs(lingerMs, stderr.ended);
    if (input !== undefined) await withinMs(settleMs, input.ended);
    signal.throwIfAborted();
    judge({ name, child, exit, verdict, stderr, input, overstayed: limits.overstayed, cutOff });
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

type OnDamage = NonNullable<LineOptions['onDamage']>;

function readingOf(name: string, invocation: Invocation, { log }: Verdict, onDamage: OnDamage): LineOptions {
  switch (invocation.command) {
    case 'read':
      return { connector: name, log, catalog: invocation.catalog, onDamage };
    case 'write':
      return { connector: name, log, unwrappedStates: true };
    default:
      return { connector: name, log };
  }
}

/** Starts to write the input of a `write`. */
function feedOf(child: Child, invocation: Invocation, limits: Limits): Feed | undefined {
  if (invocation.command !== 'write' || child.stdin === null) return undefined;
  const feeding = feed(child.stdin, invocation.input, {
    hasExited: () => child.exit !== undefined,
    onCut: () => limits.drain(feeding.failure ? undefined : 'it closed its input but did not exit'),
  });
  return feeding;
}

/** What an input that is just ending needs to say so, after the child has exited. */
const settleMs = 50;
