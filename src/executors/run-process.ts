import type { ExecutionOptions, FlowItem, Invocation } from '../protocol/flow.ts';
import type { Timeouts } from '../protocol/timeouts.ts';
import { startChild } from './child.ts';
import { connectorEnvironment, type Environment } from './environment.ts';
import { type ChildRun, runChild } from './run-child.ts';

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
export function runProcess(
  { name, file, args, env, timeouts }: Program,
  invocation: Invocation,
  options: ExecutionOptions,
): AsyncGenerator<readonly FlowItem[]> {
  const start = (run: ChildRun) =>
    startChild({
      file,
      args: [...args, ...run.args],
      env: connectorEnvironment(env),
      stdin: run.stdin,
      output: run.output,
      workspace: run.folder,
      graceMs: timeouts.graceMs,
    });
  return runChild({ name, timeouts, start }, invocation, options);
}
