import { z } from 'zod';
import { checkConnectionName, StateFolder } from '../caches/state-folder.ts';
import { InputError, StoppedError } from '../errors.ts';
import { openHomeFolder } from '../home.ts';
import type { StreamKey } from '../protocol/catalog.ts';
import {
  type CatalogOptions,
  configureCatalog,
  type WriteStrategy,
  writeStrategies,
} from '../protocol/configure-catalog.ts';
import type { SyncEvent } from '../protocol/events.ts';
import type { ConnectionEnd, ConnectionId, Reader, StateStore, Writer } from '../protocol/flow.ts';
import type { LogEntry } from '../protocol/log.ts';
import type { WriteResult } from '../protocol/result.ts';
import { emptySelection, type StreamSelection } from '../protocol/select-streams.ts';
import type { ConnectorSpecification } from '../protocol/spec.ts';
import type { Timeouts } from '../protocol/timeouts.ts';
import { openListener } from '../sync/listener.ts';
import { sync } from '../sync/sync.ts';
import { defaultConnection } from './connection-id.ts';
import { type CallOptions, never, stoppedError } from './connector.ts';
import { type ConnectorOptions, parseOptions, streamsSchema, timeoutsSchema } from './options.ts';
import { restarting } from './restarting.ts';

/** How a write is done. */
export interface WriteOptions {
  /** The streams to move, for this write only. Default: those the source has selected, or all. */
  readonly streams?: StreamSelection | undefined;
  /**
   * Where it is remembered how far the destination has confirmed. Default: `new StateFolder()`, files under
   * `.sluice/state`. `false` remembers nothing and leaves no file, so that the next write starts anew.
   */
  readonly stateCache?: StateStore | false | undefined;
  /** `auto` merges where there is a primary key, appends where there is a cursor, and replaces otherwise. */
  readonly writeStrategy?: WriteStrategy | undefined;
  /** Read everything, whatever has been read before. */
  readonly forceFullRefresh?: boolean | undefined;
  /** The name under which the state is kept. Default: made from the names and configs of both ends. */
  readonly connection?: string | undefined;
  /** Count the records of each state ourselves, whatever the source says: for sources that count in partitions. */
  readonly recountStates?: boolean | undefined;
  /** How long to wait for what; goes before the limits of the two connectors. */
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** Stops the write. What the destination has confirmed by then stays saved. */
  readonly signal?: AbortSignal | undefined;
  /** Hears what happens, in order. */
  readonly onEvent?: ((event: SyncEvent) => void) | undefined;
  /** Not there yet; `false` is what leaving it out means. */
  readonly cache?: false | undefined;
}

/** A reader with all that a write asks of it: a source. */
export interface Origin extends Reader {
  readonly options: ConnectorOptions;
  spec(options: CallOptions): Promise<ConnectorSpecification>;
  validateConfig(options: CallOptions): Promise<void>;
  connectionEnd(options: CallOptions): Promise<ConnectionEnd>;
  catalogOptions(): CatalogOptions;
}

/** A writer with all that a write asks of it: a destination, or a cache. */
export interface Target extends Writer {
  readonly options: Pick<ConnectorOptions, 'timeouts'>;
  spec(options: CallOptions): Promise<ConnectorSpecification>;
  validateConfig(options: CallOptions): Promise<void>;
  connectionEnd(options: CallOptions): Promise<ConnectionEnd>;
}

/** Moves what is new in a source to a destination. */
export async function writeSource(
  source: Origin,
  destination: Target,
  givenOptions: WriteOptions,
): Promise<WriteResult> {
  const options = checkWriteOptions(givenOptions, source, destination);
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
    source.spec({ signal: both, log }),
    destination.spec({ signal: both, log }),
  ]);
  await source.validateConfig(call);
  await destination.validateConfig(call);
  const ends = {
    source: await source.connectionEnd(call),
    destination: await destination.connectionEnd(call),
  };
  const { catalog, restarted, warnings } = configureCatalog(await source.discover(call), {
    ...source.catalogOptions(),
    ...(options.streams === undefined ? {} : { streams: options.streams }),
    writeStrategy: options.writeStrategy,
    forceFullRefresh: options.forceFullRefresh,
    supportedDestinationSyncModes: supported_destination_sync_modes ?? undefined,
    destinationName: destination.name,
  });
  return sync({
    reader: source,
    writer: withRestarts(destination, restarted),
    catalog,
    connection: connectionOf(options.connection) ?? defaultConnection(ends),
    ends,
    warnings,
    timeouts: timeoutsOf(source, destination, options.timeouts),
    signal,
    ...(options.recountStates === undefined ? {} : { recountStates: options.recountStates }),
    onEvent,
    ...(stateCache === false
      ? {}
      : {
          states: restarting(stateCache ?? new StateFolder(), restarted),
          runsFolder: await openHomeFolder('runs'),
        }),
  });
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

const writeSchema = z.strictObject({
  streams: streamsSchema.optional(),
  stateCache: z
    .custom<StateStore | false>(isStateStore, {
      error: 'must be a StateFolder, another store of states, or false',
    })
    .optional(),
  writeStrategy: z
    .enum(writeStrategies, { error: `must be one of ${writeStrategies.join(', ')}` })
    .optional(),
  forceFullRefresh: z.boolean({ error: 'must be true or false' }).optional(),
  connection: z
    .string({ error: 'must be a name' })
    .regex(/^\S.*$/, { error: 'must be a name on one line' })
    .optional(),
  recountStates: z.boolean({ error: 'must be true or false' }).optional(),
  timeouts: timeoutsSchema.optional(),
  signal: z
    .custom<AbortSignal>((value) => value instanceof AbortSignal, { error: 'must be an AbortSignal' })
    .optional(),
  onEvent: z
    .custom<(event: SyncEvent) => void>((value) => typeof value === 'function', {
      error: 'must be a function',
    })
    .optional(),
  cache: z.unknown().optional(),
});

function checkWriteOptions(given: WriteOptions, source: Origin, destination: Target) {
  const options = parseOptions(writeSchema, given, `write to ${destination.name}`);
  if (options.cache !== undefined && options.cache !== false) {
    throw new InputError(
      `write to ${destination.name}: this version has no caches yet, so "cache" cannot be used`,
      {
        guidance: 'Leave it out: records then go straight from the source to the destination.',
      },
    );
  }
  if (Array.isArray(options.streams) && options.streams.length === 0) throw emptySelection(source.name);
  const keepsInFiles = options.stateCache === undefined || options.stateCache instanceof StateFolder;
  if (options.connection !== undefined && keepsInFiles) checkConnectionName(options.connection);
  return options;
}

function isStateStore(value: unknown): boolean {
  return (
    value === false ||
    (typeof value === 'object' && value !== null && 'open' in value && typeof value.open === 'function')
  );
}

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
