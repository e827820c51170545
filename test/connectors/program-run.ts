import type { Catalog, ConfiguredCatalog, ConfiguredStream } from '../../src/protocol/catalog.ts';
import type { ConnectorProgram, ExecutionOptions, Flow, FlowItem } from '../../src/protocol/flow.ts';
import type { LogEntry } from '../../src/protocol/log.ts';
import type { Row, StateMessage, TraceMessage } from '../../src/protocol/messages.ts';

/** What a run of a connector gets, and what it logs. */
export function executionOptions(signal = new AbortController().signal): ExecutionOptions & {
  readonly entries: LogEntry[];
} {
  const entries: LogEntry[] = [];
  return { signal, log: (entry) => entries.push(entry), entries };
}

export async function collect(flow: Flow): Promise<readonly FlowItem[]> {
  const found: FlowItem[] = [];
  for await (const items of flow) found.push(...items);
  return found;
}

/** All that flowed until the flow failed, and what it failed with. */
export async function collectFailing(
  flow: Flow,
): Promise<{ readonly items: readonly FlowItem[]; readonly error: unknown }> {
  const items: FlowItem[] = [];
  try {
    for await (const some of flow) items.push(...some);
  } catch (error) {
    return { items, error };
  }
  throw new Error('the flow did not fail');
}

/** Every stream of a source, to be read in one way. */
export async function configured(
  program: ConnectorProgram,
  config: Readonly<Record<string, unknown>>,
  how: Partial<ConfiguredStream> = {},
): Promise<ConfiguredCatalog> {
  const catalog: Catalog = (await program.discover?.(config, executionOptions())) ?? { streams: [] };
  return {
    streams: catalog.streams.map((stream) => ({
      stream,
      sync_mode: 'incremental',
      destination_sync_mode: 'append',
      ...how,
    })),
  };
}

export interface Read {
  readonly catalog: ConfiguredCatalog;
  readonly states?: readonly StateMessage[];
  readonly options?: ExecutionOptions;
}

export function read(
  program: ConnectorProgram,
  config: Readonly<Record<string, unknown>>,
  { catalog, states = [], options = executionOptions() }: Read,
): Flow {
  if (program.read === undefined) throw new Error(`${program.name} cannot be read`);
  return program.read(config, catalog, states, options);
}

export function write(
  program: ConnectorProgram,
  config: Readonly<Record<string, unknown>>,
  {
    catalog,
    input,
    options = executionOptions(),
  }: { catalog: ConfiguredCatalog; input: Flow; options?: ExecutionOptions },
): Flow {
  if (program.write === undefined) throw new Error(`${program.name} cannot be written`);
  return program.write(config, catalog, input, options);
}

export async function* flowOf(...arrays: readonly (readonly FlowItem[])[]): Flow {
  yield* arrays;
}

export function statesIn(items: readonly FlowItem[]): readonly StateMessage[] {
  return items.filter((item) => item.type === 'STATE');
}

/** The rows of each stream, by its name. */
export function rowsIn(items: readonly FlowItem[]): Readonly<Record<string, readonly Row[]>> {
  const rows: Record<string, Row[]> = {};
  for (const item of items) {
    if (item.type !== 'RECORDS') continue;
    for (const { record } of item.records()) {
      rows[record.stream] ??= [];
      rows[record.stream]?.push(record.data);
    }
  }
  return rows;
}

/** The text of all RECORD lines, without the time at which they were made. */
export function linesIn(items: readonly FlowItem[]): string {
  const lines = items.map((item) => (item.type === 'RECORDS' ? Buffer.from(item.lines()).toString() : ''));
  return lines.join('').replaceAll(/"emitted_at":\d+/g, '');
}

export function stateOf(name: string, stream_state: unknown): StateMessage {
  return { type: 'STATE', state: { type: 'STREAM', stream: { stream_descriptor: { name }, stream_state } } };
}

export function complete(name: string): TraceMessage {
  return {
    type: 'TRACE',
    trace: {
      type: 'STREAM_STATUS',
      emitted_at: 0,
      stream_status: { stream_descriptor: { name }, status: 'COMPLETE' },
    },
  };
}
