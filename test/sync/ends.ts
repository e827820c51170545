import { SluiceError } from '../../src/errors.ts';
import type {
  ConfiguredCatalog,
  ConfiguredStream,
  DestinationSyncMode,
  SyncMode,
} from '../../src/protocol/catalog.ts';
import type { ConnectionId, Flow, FlowItem, Reader, RunOptions, Writer } from '../../src/protocol/flow.ts';
import type { StateMessage, StreamStatus } from '../../src/protocol/messages.ts';
import { recordsOf } from '../../src/protocol/record-batch.ts';
import { type SyncOptions, sync } from '../../src/sync/sync.ts';

export const connection = 'test' as ConnectionId;

/** A source in memory: yields what it is given, one item at a time. */
export function readerOf(
  extract: (states: readonly StateMessage[], options: RunOptions, catalog: ConfiguredCatalog) => Flow,
): Reader {
  return {
    name: 'source-test',
    discover: async () => ({ streams: [] }),
    extract: (catalog, states, options) => extract(states, options, catalog),
  };
}

export function readerOfItems(...items: readonly FlowItem[]): Reader {
  return readerOf(async function* () {
    for (const item of items) yield [item];
  });
}

export function writerOf(
  load: (input: Flow, options: RunOptions, catalog: ConfiguredCatalog) => Flow,
): Writer {
  return { name: 'destination-test', load: (catalog, input, options) => load(input, options, catalog) };
}

/** A destination in memory that keeps what it takes and confirms each state at once. */
export function echo(taken: FlowItem[] = []): Writer {
  return writerOf(async function* (input) {
    for await (const items of input) {
      taken.push(...items);
      const states = items.filter((item) => item.type === 'STATE');
      if (states.length > 0) yield states;
    }
  });
}

export function rows(stream: string, count: number, from = 0): FlowItem {
  const data = Array.from({ length: count }, (_, index) => ({ id: from + index }));
  return recordsOf({ name: stream }, data, 1);
}

export function streamState(
  stream: string,
  stream_state: unknown,
  more: Record<string, unknown> = {},
): StateMessage {
  return {
    type: 'STATE',
    state: {
      type: 'STREAM',
      stream: { stream_descriptor: { name: stream }, stream_state },
      data: undefined,
      ...more,
    },
  };
}

export function globalState(
  shared_state: unknown,
  streams: Readonly<Record<string, unknown>> = {},
): StateMessage {
  const stream_states = Object.entries(streams).map(([name, stream_state]) => ({
    stream_descriptor: { name },
    stream_state,
  }));
  return {
    type: 'STATE',
    state: { type: 'GLOBAL', global: { shared_state, stream_states }, data: undefined },
  };
}

export function status(stream: string, to: StreamStatus): FlowItem {
  return {
    type: 'TRACE',
    trace: {
      type: 'STREAM_STATUS',
      emitted_at: 1,
      stream_status: { stream_descriptor: { name: stream }, status: to },
    },
  };
}

export function configured(
  name: string,
  sync_mode: SyncMode = 'incremental',
  destination_sync_mode: DestinationSyncMode = 'append',
): ConfiguredStream {
  return { stream: { name, json_schema: {} }, sync_mode, destination_sync_mode };
}

export function catalogOf(...streams: readonly (string | ConfiguredStream)[]): ConfiguredCatalog {
  return { streams: streams.map((one) => (typeof one === 'string' ? configured(one) : one)) };
}

export function legacyState(data: unknown): StateMessage {
  return { type: 'STATE', state: { type: 'LEGACY', data } };
}

interface Moved {
  readonly items: readonly FlowItem[];
  readonly taken?: FlowItem[];
}

/** A sync of these items into `taken`. */
export function move({ items, taken, ...options }: Moved & Partial<SyncOptions>) {
  return sync({
    reader: readerOfItems(...items),
    writer: echo(taken),
    catalog: catalogOf('users'),
    connection,
    ...options,
  });
}

/** A destination that takes all and confirms nothing. */
export function silent() {
  // biome-ignore lint/correctness/useYield: a destination that confirms nothing
  return writerOf(async function* (input) {
    for await (const _ of input);
  });
}

export function statesIn(items: readonly FlowItem[]): readonly StateMessage[] {
  return items.filter((item) => item.type === 'STATE');
}

/** What the source expects to send of `users`. */
export function estimate(): FlowItem {
  return {
    type: 'TRACE',
    trace: {
      type: 'ESTIMATE',
      emitted_at: 1,
      estimate: { type: 'STREAM', name: 'users', row_estimate: 10, byte_estimate: 1000 },
    },
  };
}

export function traceError(message: string): FlowItem {
  return { type: 'TRACE', trace: { type: 'ERROR', emitted_at: 1, error: { message } } };
}

/** The error by which a sync fails. */
export async function failed(options: Partial<SyncOptions>): Promise<SluiceError> {
  const error = await sync({
    reader: readerOfItems(),
    writer: echo(),
    catalog: catalogOf('users'),
    connection,
    ...options,
  }).catch((thrown: unknown) => thrown);
  if (!(error instanceof SluiceError))
    throw new Error('it did not fail by an error of ours', { cause: error });
  return error;
}

export function failingAfter(items: readonly FlowItem[], error: Error) {
  return readerOf(async function* () {
    for (const item of items) yield [item];
    throw error;
  });
}

/** A source that has nothing more to say, and ends when it is told to. */
export function silentSource(items: readonly FlowItem[]) {
  let hasEnded = false;
  const reader = readerOf(async function* (_states, { signal }) {
    try {
      yield items;
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('told to end')), { once: true });
      });
    } finally {
      hasEnded = true;
    }
  });
  return { reader, ended: () => hasEnded };
}
