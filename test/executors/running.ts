import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errnoOf } from '../../src/errors.ts';
import type { ConfiguredCatalog } from '../../src/protocol/catalog.ts';
import type { ExecutionOptions, Flow, FlowItem } from '../../src/protocol/flow.ts';
import type { LogEntry } from '../../src/protocol/log.ts';
import { stringifyLossless } from '../../src/protocol/lossless-json.ts';
import type { StateMessage } from '../../src/protocol/messages.ts';
import { recordsOf } from '../../src/protocol/record-batch.ts';

/** Options of a run, with the log it writes and the means to abort it. */
export interface Running extends ExecutionOptions {
  readonly entries: LogEntry[];
  abort(reason?: unknown): void;
}

export function running({ secrets = [] }: { readonly secrets?: readonly string[] } = {}): Running {
  const controller = new AbortController();
  const entries: LogEntry[] = [];
  return {
    entries,
    signal: controller.signal,
    log: (entry) => {
      entries.push(entry);
    },
    secrets: () => secrets,
    abort: (reason) => controller.abort(reason),
  };
}

export const users: ConfiguredCatalog = {
  streams: [
    {
      stream: { name: 'users', json_schema: {}, supported_sync_modes: ['full_refresh', 'incremental'] },
      sync_mode: 'full_refresh',
      destination_sync_mode: 'append',
    },
  ],
};

/** Records of the stream `users`, one row each. */
export function records(...ids: readonly number[]): FlowItem {
  return recordsOf(
    { name: 'users' },
    ids.map((id) => ({ id })),
    1,
  );
}

export function stateAt(position: number): StateMessage {
  const stream = { stream_descriptor: { name: 'users' }, stream_state: { position } };
  return { type: 'STATE', state: { type: 'STREAM', stream } };
}

export async function* flowOf(...chunks: readonly (readonly FlowItem[])[]): Flow {
  yield* chunks;
}

/** A Flow that never comes to its next item, after the given ones. */
export async function* silentAfter(...chunks: readonly (readonly FlowItem[])[]): Flow {
  yield* chunks;
  await new Promise(() => {});
}

/** Everything of a Flow, and the error it ended with. */
export async function outcome(
  flow: Flow,
): Promise<{ readonly items: readonly FlowItem[]; readonly error: unknown }> {
  const items: FlowItem[] = [];
  try {
    for await (const some of flow) items.push(...some);
  } catch (error) {
    return { items, error };
  }
  return { items, error: undefined };
}

/** All of a Flow that has to end well. */
export async function all(flow: Flow): Promise<readonly FlowItem[]> {
  const { items, error } = await outcome(flow);
  if (error !== undefined) throw error;
  return items;
}

/** The data of all records among the items. */
export function rows(items: readonly FlowItem[]): readonly Readonly<Record<string, unknown>>[] {
  return items.flatMap((item) =>
    item.type === 'RECORDS' ? item.records().map(({ record }) => record.data) : [],
  );
}

export function states(items: readonly FlowItem[]): readonly unknown[] {
  return items.flatMap((item) =>
    item.type === 'STATE' ? [JSON.parse(stringifyLossless(item.state.stream?.stream_state))] : [],
  );
}

/** Whether a process runs; one that has ended and that nobody has asked about yet does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    return errnoOf(error) === 'ENOENT' && process.platform !== 'linux';
  }
}

/** The path of a fixture connector. */
export function fixture(path: string): string {
  const file = fileURLToPath(new URL(`../fixtures/connectors/${path}`, import.meta.url));
  if (!existsSync(file)) throw new Error(`no fixture ${file}`);
  return file;
}
