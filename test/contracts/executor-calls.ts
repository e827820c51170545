import type { Executor, Flow } from '../../src/protocol/flow.ts';
import type { Timeouts } from '../../src/protocol/timeouts.ts';
import { rows, running, users } from '../executors/running.ts';

/** An executor of the scripted connector. */
export interface ExecutorUnderTest {
  /** Makes an executor of the scripted connector (test/fixtures/connectors/scripted). */
  readonly open: (timeouts?: Partial<Timeouts>) => Executor;
  /** Whether it runs as a process of its own, with files. */
  readonly isProcess: boolean;
  /** Whether it runs in a container: then its process and its folder have other names outside. */
  readonly isGone?: () => Promise<boolean>;
}

export function read(executor: Executor, config: Readonly<Record<string, unknown>>): Flow {
  return executor.run({ command: 'read', config, catalog: users, states: [] }, running());
}

export function write(executor: Executor, config: Readonly<Record<string, unknown>>, input: Flow): Flow {
  return executor.run({ command: 'write', config, catalog: users, input }, running());
}

/** How the connector says it was called: in its first record. */
export function calledOf(items: Parameters<typeof rows>[0]): Readonly<Record<string, unknown>> {
  const called = rows(items)[0]?.['called'];
  if (typeof called !== 'object' || called === null) throw new Error('the first record says nothing');
  return { ...called };
}
