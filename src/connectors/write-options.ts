import { z } from 'zod';
import type { Cache } from '../caches/cache.ts';
import { checkConnectionName, StateFolder } from '../caches/state-folder.ts';
import { type WriteStrategy, writeStrategies } from '../protocol/configure-catalog.ts';
import type { SyncEvent } from '../protocol/events.ts';
import type { StateStore } from '../protocol/flow.ts';
import { hasMethods } from '../protocol/has-methods.ts';
import { emptySelection, type StreamSelection } from '../protocol/select-streams.ts';
import type { Timeouts } from '../protocol/timeouts.ts';
import { parseOptions, streamsSchema, timeoutsSchema } from './options.ts';

/** How a write is done. */
export interface WriteOptions {
  /** The streams to move, for this write only. Default: those the source has selected, or all. */
  readonly streams?: StreamSelection | undefined;
  /**
   * Where it is remembered how far the destination has confirmed: a StateFolder or a cache. Default: the cache that the
   * records come from, else `new StateFolder()`, files under `.sluice/state`. `false` remembers nothing and leaves no
   * file, so that the next write starts anew.
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
  /**
   * Let the records rest in this cache first, `true` for the project's default one, and send on what is new there.
   * `false` is what leaving it out means: records go straight from the source to the destination.
   */
  readonly cache?: Cache | boolean | undefined;
}

/** Refuses options that make no sense, before anything is done. */
export function checkWriteOptions(
  given: WriteOptions,
  {
    source,
    destination,
    states,
  }: { readonly source: string; readonly destination: string; readonly states: StateStore | undefined },
) {
  const options = parseOptions(writeSchema, given, `write to ${destination}`);
  if (Array.isArray(options.streams) && options.streams.length === 0) throw emptySelection(source);
  const store = options.stateCache ?? states;
  const keepsInFiles = store === undefined || store instanceof StateFolder;
  if (options.connection !== undefined && keepsInFiles) checkConnectionName(options.connection);
  return options;
}

/** The same for a read into a cache, where records and state are kept together. */
export function checkReadOptions(given: object, { source, cache }: Record<'source' | 'cache', string>): void {
  parseOptions(writeSchema.omit({ stateCache: true, cache: true }), given, `read ${source} into ${cache}`);
}

/** Whether a value is a cache, also one that another copy of this package made. */
export function isCache(value: unknown): value is Cache {
  return hasMethods(value, ['load', 'extract', 'open', 'datasets', 'connectionEnd']);
}

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
  cache: z
    .custom<Cache | boolean>((value) => typeof value === 'boolean' || isCache(value), {
      error: 'must be a cache, true for the default one, or false',
    })
    .optional(),
});

function isStateStore(value: unknown): boolean {
  return (
    value === false ||
    (typeof value === 'object' && value !== null && 'open' in value && typeof value.open === 'function')
  );
}
