import { ProcessExecutor, type ProcessOptions } from '../../src/executors/process.ts';
import type { ExecutionOptions, Flow, FlowItem } from '../../src/protocol/flow.ts';
import { fixture, records, running, users } from './running.ts';

/** An executor of one of the programs that misbehave (test/fixtures/connectors/misbehave). */
export function misbehaving(program: string, options: Omit<ProcessOptions, 'command'> = {}): ProcessExecutor {
  return new ProcessExecutor('source-x', { command: fixture(`misbehave/${program}`), ...options });
}

export function read(executor: ProcessExecutor, run: ExecutionOptions = running()): Flow {
  return executor.run({ command: 'read', config: {}, catalog: users, states: [] }, run);
}

export function write(executor: ProcessExecutor, input: Flow, run = running()): Flow {
  return executor.run({ command: 'write', config: {}, catalog: users, input }, run);
}

export const batch: readonly FlowItem[] = [records(...Array(100).keys())];
/** A little less than what a batch takes. */
export const bytesPerBatch = 7_000;

/** An input without an end. */
export async function* endless(): Flow {
  for (;;) yield batch;
}
