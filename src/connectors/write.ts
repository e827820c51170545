import { StateFolder } from '../caches/state-folder.ts';
import { StoppedError } from '../errors.ts';
import { openHomeFolder } from '../home.ts';
import type { StreamKey } from '../protocol/catalog.ts';
import { type CatalogOptions, type Configured, configureCatalog } from '../protocol/configure-catalog.ts';
import type { SyncEvent } from '../protocol/events.ts';
import type {
  ConnectionEnd,
  ConnectionEnds,
  ConnectionId,
  Reader,
  StateStore,
  Writer,
} from '../protocol/flow.ts';
import type { LogEntry } from '../protocol/log.ts';
import type { StateMessage } from '../protocol/messages.ts';
import type { WriteResult } from '../protocol/result.ts';
import type { ConnectorSpecification } from '../protocol/spec.ts';
import type { Timeouts } from '../protocol/timeouts.ts';
import { openListener } from '../sync/listener.ts';
import { sync } from '../sync/sync.ts';
import { defaultConnection } from './connection-id.ts';
import { type CallOptions, never, stoppedError } from './connector.ts';
import type { ConnectorOptions } from './options.ts';
import { restarting } from './restarting.ts';
import { checkWriteOptions, type WriteOptions } from './write-options.ts';

/** A reader with all that a write asks of it: a source, or a cache. */
export interface Origin extends Reader {
  readonly options: Pick<ConnectorOptions, 'timeouts'>;
  /** Where the state of writes from here is kept unless another place is named. */
  readonly states?: StateStore;
  knownSpec(options: CallOptions): Promise<ConnectorSpecification>;
  validateConfig(options: CallOptions): Promise<void>;
  connectionEnd(options: CallOptions): Promise<ConnectionEnd>;
  catalogOptions(): CatalogOptions;
  /** Looks at how far a write has come before it goes on, where that can tell that streams must start anew. */
  resume?(configured: Configured, resuming: Resuming): Promise<Configured>;
  /** Hears how far a write that has ended well has come, where that is kept. */
  settle?(connection: ConnectionId, states: readonly StateMessage[]): Promise<void>;
}

/** A write that goes on. */
export interface Resuming {
  readonly connection: ConnectionId;
  /** How far it came; undefined where that is not kept. */
  readonly states: readonly StateMessage[] | undefined;
  readonly destination: string;
  readonly forceFullRefresh: boolean;
  /** What the destination can do; empty where it does not say. */
  readonly supportedDestinationSyncModes: readonly string[];
}

/** A writer with all that a write asks of it: a destination, or a cache. */
export interface Target extends Writer {
  readonly options: Pick<ConnectorOptions, 'timeouts'>;
  knownSpec(options: CallOptions): Promise<ConnectorSpecification>;
  validateConfig(options: CallOptions): Promise<void>;
  connectionEnd(options: CallOptions): Promise<ConnectionEnd>;
}

/** Moves what is new in a source to a destination. */
export async function writeSource(
  source: Origin,
  destination: Target,
  givenOptions: WriteOptions,
): Promise<WriteResult> {
  const options = checkWriteOptions(givenOptions, {
    source: source.name,
    destination: destination.name,
    states: source.states,
  });
  const broken = new AbortController();
  const onEvent = openListener(options.onEvent, (error) => broken.abort(error));
  const signal = AbortSignal.any([options.signal ?? never(), broken.signal]);
  try {
    const result = await writeHeard(source, destination, { ...options, signal, onEvent });
    if (!broken.signal.aborted) return result;
    throw Object.assign(broken.signal.reason, { result });
  } catch (error) {
    throw error instanceof StoppedError && broken.signal.aborted ? broken.signal.reason : error;
  }
}

/** The same with a listener that never throws, and a signal that stops all when it has failed. */
async function writeHeard(
  source: Origin,
  destination: Target,
  { signal, onEvent, stateCache, ...options }: HeardOptions,
): Promise<WriteResult> {
  const log = (entry: LogEntry) => onEvent({ type: 'log', entry });
  const call = { signal, log };
  const who = `${source.name} to ${destination.name}`;
  const [, { supported_destination_sync_modes }] = await together(who, signal, (both) => [
    source.knownSpec({ signal: both, log }),
    destination.knownSpec({ signal: both, log }),
  ]);
  await source.validateConfig(call);
  await destination.validateConfig(call);
  const ends = {
    source: await source.connectionEnd(call),
    destination: await destination.connectionEnd(call),
  };
  const supported = supported_destination_sync_modes ?? [];
  const configured = configureCatalog(await source.discover(call), {
    ...source.catalogOptions(),
    ...(options.streams === undefined ? {} : { streams: options.streams }),
    writeStrategy: options.writeStrategy,
    forceFullRefresh: options.forceFullRefresh,
    supportedDestinationSyncModes: supported,
    destinationName: destination.name,
  });
  const connection = connectionOf(options.connection) ?? defaultConnection(ends);
  const store = stateCache === false ? undefined : (stateCache ?? source.states ?? new StateFolder());
  const { catalog, restarted, warnings } = await resumed(source, configured, {
    connection,
    states: await statesIn(source.resume === undefined ? undefined : store, connection, ends),
    destination: destination.name,
    forceFullRefresh: options.forceFullRefresh ?? false,
    supportedDestinationSyncModes: supported,
  });
  const result = await sync({
    reader: source,
    writer: withRestarts(destination, restarted),
    catalog,
    connection,
    ends,
    warnings,
    timeouts: timeoutsOf(source, destination, options.timeouts),
    signal,
    ...(options.recountStates === undefined ? {} : { recountStates: options.recountStates }),
    onEvent,
    ...(store === undefined
      ? {}
      : { states: restarting(store, restarted), runsFolder: await openHomeFolder('runs') }),
  });
  const settled = await statesIn(source.settle === undefined ? undefined : store, connection, ends);
  if (settled !== undefined) await source.settle?.(connection, settled);
  return result;
}

async function resumed(source: Origin, configured: Configured, resuming: Resuming): Promise<Configured> {
  return (await source.resume?.(configured, resuming)) ?? configured;
}

async function statesIn(
  store: StateStore | undefined,
  connection: ConnectionId,
  ends: ConnectionEnds,
): Promise<readonly StateMessage[] | undefined> {
  if (store === undefined) return undefined;
  await using memory = await store.open(connection, ends);
  return [...memory.states];
}

/** A writer that keeps states of its own forgets those of restarted streams itself. */
function withRestarts(writer: Target, restarted: ReadonlySet<StreamKey>): Writer {
  if (writer.states === undefined) return writer;
  return {
    name: writer.name,
    states: restarting(writer.states, restarted),
    load: (catalog, input, options) => writer.load(catalog, input, options),
  };
}

type HeardOptions = Omit<ReturnType<typeof checkWriteOptions>, 'signal' | 'onEvent'> & {
  readonly signal: AbortSignal;
  readonly onEvent: (event: SyncEvent) => void;
};

function connectionOf(name: string | undefined): ConnectionId | undefined {
  return name === undefined ? undefined : (name as ConnectionId);
}

/** Each connector's own limits, where they concern it, below those of the write. */
function timeoutsOf(source: Origin, destination: Target, own: Partial<Timeouts> = {}): Partial<Timeouts> {
  const { silenceMs } = source.options.timeouts ?? {};
  const { blockedMs, drainMs } = destination.options.timeouts ?? {};
  const inherited = Object.entries({ silenceMs, blockedMs, drainMs }).filter(
    ([, value]) => value !== undefined,
  );
  return { ...Object.fromEntries(inherited), ...own };
}

/** Does two things at once. When one fails the other is stopped, and what failed first is thrown when both have ended. */
async function together<First, Second>(
  who: string,
  signal: AbortSignal,
  begin: (signal: AbortSignal) => readonly [Promise<First>, Promise<Second>],
): Promise<readonly [First, Second]> {
  const failed = new AbortController();
  const both = begin(AbortSignal.any([signal, failed.signal]));
  try {
    return await Promise.all(both);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(both);
    throw signal.aborted ? stoppedError(who, 'the write', signal) : error;
  }
}
