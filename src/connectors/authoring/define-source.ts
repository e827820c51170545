import { InputError, messageOf, StreamUnknownError } from '../../errors.ts';
import {
  type Catalog,
  type ConfiguredStream,
  type FieldName,
  fieldPath,
  type Stream,
  streamKey,
  streamLabel,
} from '../../protocol/catalog.ts';
import type { ConnectorProgram, ExecutionOptions, FlowItem } from '../../protocol/flow.ts';
import type { LogSink } from '../../protocol/log.ts';
import type { Row, StateMessage } from '../../protocol/messages.ts';
import type { Config } from '../../protocol/spec.ts';
import { streamPart, streamState, streamStatus } from './announce.ts';
import { checkSourceDefinition, checkStream } from './check-definition.ts';
import { batchItems } from './puller.ts';
import { type Checkpoint, followStream, isCheckpoint, savedPosition } from './stream-position.ts';

/** A JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A source written in TypeScript. */
export interface SourceDefinition {
  readonly name: string;
  readonly version?: string;
  /** The JSON Schema of its config. Left out, any config is taken. */
  readonly config?: JsonSchema;
  /** Throws unless the config works. Left out, it works if the streams can be told. */
  check?(config: Config, context: SourceContext): void | Promise<void>;
  /** Its streams, or how to find them out. */
  readonly streams:
    | readonly StreamDefinition[]
    | ((
        config: Config,
        context: SourceContext,
      ) => readonly StreamDefinition[] | Promise<readonly StreamDefinition[]>);
}

/** What a connector's functions are told: when to stop, and where to log. */
export interface SourceContext {
  readonly signal: AbortSignal;
  readonly log: LogSink;
}

/** One stream of a source written in TypeScript. */
export interface StreamDefinition {
  readonly name: string;
  readonly namespace?: string;
  /** The JSON Schema of its rows. Left out, nothing is known of them. */
  readonly schema?: JsonSchema;
  /** A column, or the columns of a composite key; within the list, a list is the path of a nested field. */
  readonly primaryKey?: string | readonly FieldName[];
  /** The field that grows with each new or changed row. With it, the stream is read incrementally, by `since`. */
  readonly cursor?: FieldName;
  /**
   * Whether rows come in the order of the cursor. Then it is also remembered on the way how far the stream has come;
   * otherwise only at its end, since a smaller value might follow.
   */
  readonly isOrdered?: boolean;
  /** Whether the stream remembers how far it has come by checkpoints of its own. */
  readonly hasCheckpoints?: boolean;
  /** Its rows, and, between them, checkpoints: `yield checkpoint({ page: 3 })`. */
  read(context: ReadContext): AsyncIterable<Row | Checkpoint> | Iterable<Row | Checkpoint>;
}

/** What the reading of a stream is told. */
export interface ReadContext extends SourceContext {
  readonly config: Config;
  /**
   * The greatest value of the cursor that has been delivered, or undefined at first and in a full refresh. Give the
   * rows from this value on, it included, unless no two rows can share one.
   */
  readonly since: unknown;
  /** What the stream's last delivered checkpoint holds, or undefined at first and in a full refresh. */
  readonly checkpoint: unknown;
}

/** Makes a source of functions: `getSource(defineSource({ name, streams: [{ name, read }] }))`. */
export function defineSource(definition: SourceDefinition): ConnectorProgram {
  checkSourceDefinition(definition);
  const { name, version = '0.0.0', config = { type: 'object' } } = definition;
  return {
    name,
    version,
    spec: { connectionSpecification: config, supportsIncremental: true },
    async check(given, options) {
      try {
        if (definition.check === undefined) await streamsOf(definition, given, options);
        else await definition.check(given, options);
        return { status: 'SUCCEEDED' };
      } catch (error) {
        options.signal.throwIfAborted();
        return { status: 'FAILED', message: messageOf(error) };
      }
    },
    async discover(given, options) {
      return catalogOf(await streamsOf(definition, given, options));
    },
    async *read(given, catalog, states, options) {
      const streams = await streamsOf(definition, given, options);
      refuseMissing(name, catalog.streams, streams);
      const wanted = new Map(catalog.streams.map((one) => [streamKey(one.stream), one]));
      for (const stream of streams) {
        const configured = wanted.get(streamKey(stream));
        if (configured !== undefined)
          yield* readStream(stream, { source: name, configured, config: given, states, options });
      }
    },
  };
}

/** Streams may be found out anew for each run: one that is gone must not pass for one that has no rows. */
function refuseMissing(
  name: string,
  wanted: readonly ConfiguredStream[],
  streams: readonly StreamDefinition[],
): void {
  const present = new Set(streams.map(streamKey));
  for (const { stream } of wanted) {
    if (present.has(streamKey(stream))) continue;
    throw new StreamUnknownError(`${name} has no stream "${streamLabel(stream)}" any more`, {
      guidance: 'Discover its streams again, and select from those.',
      context: { stream: streamLabel(stream), available: streams.map(streamLabel) },
    });
  }
}

interface Reading {
  readonly source: string;
  readonly configured: ConfiguredStream;
  readonly config: Config;
  readonly states: readonly StateMessage[];
  readonly options: ExecutionOptions;
}

async function* readStream(
  definition: StreamDefinition,
  { source, configured, config, states, options }: Reading,
): AsyncGenerator<readonly FlowItem[], void, undefined> {
  const { name, namespace } = definition;
  const stream = namespace === undefined ? { name } : { name, namespace };
  const { signal, log } = options;
  const saved = configured.sync_mode === 'incremental' ? savedPosition(source, stream, states) : {};
  const position = followStream(saved, definition);

  yield [streamStatus(stream, 'STARTED')];
  const { cursor: since, checkpoint } = saved;
  const items = definition.read({ config, since, checkpoint, signal, log });
  if (!isIterable(items)) {
    throw new InputError(`${source}: "read" of stream "${streamLabel(stream)}" returned nothing to iterate`, {
      guidance: 'Make it a generator (async *read), or return an array of rows.',
    });
  }
  for await (const batch of batchItems(items, { size: rowsPerBatch, waitMs: longestWaitMs })) {
    signal.throwIfAborted();
    for (const item of batch) refuseItem(item, source, definition);
    yield position.follow(batch).map((part) => streamPart(stream, part));
  }
  const end = position.end();
  yield [streamState(stream, end.position, end.recordCount), streamStatus(stream, 'COMPLETE')];
}

function isIterable(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}

/** Refuses what is no row, and a checkpoint that nobody would remember. */
function refuseItem(item: unknown, source: string, stream: StreamDefinition): void {
  const who = `${source}: stream "${streamLabel(stream)}"`;
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new InputError(`${who} gave ${Array.isArray(item) ? 'a list' : String(item)}, which is no row`, {
      guidance: 'Yield one object for each row.',
    });
  }
  if (stream.hasCheckpoints === true || stream.cursor !== undefined || !isCheckpoint(item)) return;
  throw new InputError(`${who} gave a checkpoint, but its definition does not say that it has any`, {
    guidance: 'Add hasCheckpoints: true.',
  });
}

const rowsPerBatch = 500;
const longestWaitMs = 200;

async function streamsOf(
  { name, streams }: SourceDefinition,
  config: Config,
  { signal, log }: ExecutionOptions,
): Promise<readonly StreamDefinition[]> {
  if (typeof streams !== 'function') return streams;
  const found: unknown = await streams(config, { signal, log });
  if (!Array.isArray(found))
    throw new InputError(`${name}: its function "streams" returned no list of streams`);
  for (const stream of found) checkStream(name, stream);
  return found;
}

function catalogOf(streams: readonly StreamDefinition[]): Catalog {
  return { streams: streams.map(streamOf) };
}

function streamOf({ name, namespace, schema, primaryKey, cursor, hasCheckpoints }: StreamDefinition): Stream {
  const isIncremental = cursor !== undefined || hasCheckpoints === true;
  const key = typeof primaryKey === 'string' ? [primaryKey] : primaryKey;
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    json_schema: { type: 'object', ...schema },
    supported_sync_modes: isIncremental ? ['full_refresh', 'incremental'] : ['full_refresh'],
    ...(isIncremental ? { source_defined_cursor: true } : {}),
    ...(cursor === undefined ? {} : { default_cursor_field: [...fieldPath(cursor)] }),
    ...(key === undefined ? {} : { source_defined_primary_key: key.map((field) => [...fieldPath(field)]) }),
  };
}
