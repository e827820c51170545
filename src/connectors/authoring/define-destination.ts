import { messageOf, ProtocolError } from '../../errors.ts';
import {
  type ConfiguredCatalog,
  type DestinationSyncMode,
  type FieldPath,
  type StreamKey,
  streamKey,
  streamLabel,
  streamOfKey,
} from '../../protocol/catalog.ts';
import type { ConnectorProgram, ReadBackRequest } from '../../protocol/flow.ts';
import type { Row } from '../../protocol/messages.ts';
import type { Config } from '../../protocol/spec.ts';
import { checkDestinationDefinition } from './check-definition.ts';
import type { JsonSchema, SourceContext } from './define-source.ts';
import { writeInput } from './write-input.ts';

/** A destination written in TypeScript. */
export interface DestinationDefinition {
  readonly name: string;
  readonly version?: string;
  /** The JSON Schema of its config. Left out, any config is taken. */
  readonly config?: JsonSchema;
  /** Throws unless the config works. Left out, it works. */
  check?(config: Config, context: SourceContext): void | Promise<void>;
  /** How many rows the function is given at most. Default: 1000. */
  readonly batchSize?: number;
  /** How the function can write. Left out, it is given every stream, and told in `stream.mode` what is expected. */
  readonly syncModes?: readonly DestinationSyncMode[];
  /**
   * Called for each stream, also one without rows, when all that is new in it has been written: the moment to put the
   * rows in the place of older ones in `overwrite`. When it throws, the write fails. Not called when a write ends early.
   */
  onComplete?(stream: TargetStream, context: DestinationContext): void | Promise<void>;
  /**
   * The rows of a stream as they lie there now. With it `sluice smoke-test` compares what has arrived with what was
   * sent; without it, it can only say what was delivered.
   */
  readBack?(config: Config, request: ReadBackRequest): AsyncIterable<Row> | Iterable<Row>;
}

/** Writes some rows of one stream. When it has returned, they count as delivered; when it throws, the write fails. */
export type WriteRows = (rows: readonly Row[], context: RowsContext) => void | Promise<void>;

/** What a destination's functions are told beside what they are to do. */
export interface DestinationContext extends SourceContext {
  readonly config: Config;
}

/** What the function that writes rows is told. */
export interface RowsContext extends DestinationContext {
  readonly stream: TargetStream;
}

/** The stream that rows belong to. */
export interface TargetStream {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly schema: JsonSchema;
  readonly primaryKey: readonly FieldPath[];
  /** What is expected: `append` adds rows, `append_dedup` replaces rows with the same key, `overwrite` replaces all. */
  readonly mode: DestinationSyncMode;
  /** Grows whenever the stream starts anew: in `overwrite`, rows of smaller generations are to go in `onComplete`. */
  readonly generation: number | undefined;
}

/**
 * Makes a destination of a function, which is called with batches of rows: those of a stream in order, one batch at a
 * time. A state is confirmed only when all rows before it have been written.
 */
export function defineDestination(definition: DestinationDefinition, write: WriteRows): ConnectorProgram {
  checkDestinationDefinition(definition, write);
  const { name, version = '0.0.0', config = { type: 'object' }, syncModes } = definition;
  return {
    name,
    version,
    spec: {
      connectionSpecification: config,
      supportsIncremental: true,
      ...(syncModes === undefined ? {} : { supported_destination_sync_modes: [...syncModes] }),
    },
    async check(given, options) {
      try {
        await definition.check?.(given, options);
        return { status: 'SUCCEEDED' };
      } catch (error) {
        options.signal.throwIfAborted();
        return { status: 'FAILED', message: messageOf(error) };
      }
    },
    write(given, catalog, input, options) {
      const streams = targetStreams(catalog);
      const { signal, log } = options;
      return writeInput(input, {
        batchSize: definition.batchSize ?? 1000,
        signal,
        async write(key, rows) {
          const stream = streams.get(key);
          if (stream === undefined) throw strangeStream(name, key);
          await write(rows, { stream, config: given, signal, log });
        },
        async complete(key) {
          const stream = streams.get(key);
          if (stream !== undefined) await definition.onComplete?.(stream, { config: given, signal, log });
        },
      });
    },
    ...(definition.readBack === undefined ? {} : { readBack: rowsBack }),
  };

  async function* rowsBack(given: Config, request: ReadBackRequest) {
    yield* definition.readBack?.(given, request) ?? [];
  }
}

function targetStreams({ streams }: ConfiguredCatalog): ReadonlyMap<StreamKey, TargetStream> {
  return new Map(
    streams.map(({ stream, destination_sync_mode, primary_key = [], generation_id }) => [
      streamKey(stream),
      {
        name: stream.name,
        namespace: stream.namespace ?? undefined,
        schema: stream.json_schema,
        primaryKey: primary_key,
        mode: destination_sync_mode,
        generation: generation_id,
      },
    ]),
  );
}

function strangeStream(name: string, key: StreamKey): ProtocolError {
  const label = streamLabel(streamOfKey(key));
  return new ProtocolError(`${name} was sent records of stream "${label}", which is not in its catalog`, {
    context: { connector: name, stream: label },
  });
}
