import type { Catalog, ConfiguredCatalog, ConfiguredStream, StreamDescriptor, StreamKey } from './catalog.ts';
import type { SyncEvent } from './events.ts';
import type { LogSink } from './log.ts';
import type {
  CatalogMessage,
  ConnectionStatus,
  ConnectionStatusMessage,
  ControlMessage,
  DestinationCatalogMessage,
  RecordMessage,
  Row,
  SpecMessage,
  StateMessage,
  TraceMessage,
} from './messages.ts';
import type { Warning } from './result.ts';
import type { Config, ConnectorSpecification } from './spec.ts';

/** What flows: an array per chunk, in source order. Records stay in the form in which they came. */
export type Flow = AsyncIterable<readonly FlowItem[]>;

/** One thing that flows. LOG messages and stderr go to a LogSink, never through a Flow. */
export type FlowItem =
  | RecordBatch
  | StateMessage
  | TraceMessage
  | ControlMessage
  | SpecMessage
  | ConnectionStatusMessage
  | CatalogMessage
  | DestinationCatalogMessage;

/** Consecutive RECORD messages: as lines (from a process) or as rows (from TypeScript); each converts to the other when asked. */
export interface RecordBatch {
  readonly type: 'RECORDS';
  /** Records by stream, in order of first appearance. */
  readonly counts: ReadonlyMap<StreamKey, number>;
  /** The same with the bytes of their lines, line endings included, and without a map. Serialises rows. */
  tally(): readonly StreamCount[];
  /** Whole NDJSON lines, each ended by a newline, untouched if they came as lines. */
  lines(): Uint8Array;
  /** The same lines, grouped by stream; the order within a stream is kept. */
  split(): Iterable<{ readonly stream: StreamKey; readonly count: number; readonly lines: Uint8Array }>;
  /** Parsed without losing digits. */
  records(): readonly RecordMessage[];
  /**
   * Says that nobody will ask for these records again, so that the memory they are in can be used anew. Whoever has
   * them last may say so and need not.
   */
  release?(): void;
}

/** What a batch holds of one stream. */
export interface StreamCount {
  readonly stream: StreamKey;
  readonly count: number;
  readonly bytes: number;
}

/** Names a connection: a pair of ends whose state is kept together. */
export type ConnectionId = string & { readonly brand: 'ConnectionId' };

/** What every run of a connector gets. When `signal` aborts, each pending `next()` of its Flow settles within 100 ms. */
export interface ExecutionOptions {
  readonly signal: AbortSignal;
  readonly log: LogSink;
  /** Texts to mask in all that the connector logs and in every error; asked anew each time, because configs change. */
  secrets?(): readonly string[];
}

/** What every part of a sync gets. */
export interface RunOptions extends ExecutionOptions {
  readonly connection: ConnectionId;
  /** Grows with each write of the connection. */
  readonly syncId: number;
  /** Tells whoever listens to the write. */
  onEvent(event: SyncEvent): void;
}

/** Something records come from: a source or a cache. */
export interface Reader {
  readonly name: string;
  discover(options?: Partial<ExecutionOptions>): Promise<Catalog>;
  extract(catalog: ConfiguredCatalog, states: readonly StateMessage[], options: RunOptions): Flow;
}

/**
 * Something records go to: a cache or a destination. `load` takes RECORDS and STATEs, then the COMPLETEs that sync
 * appends, and yields a STATE only when all before it is durable. If the input throws, it ends its own input, drains,
 * yields what is confirmed, and rethrows the same error.
 */
export interface Writer {
  readonly name: string;
  /** Given by a writer that commits states with its data; sync then commits none itself. */
  readonly states?: StateStore;
  load(catalog: ConfiguredCatalog, input: Flow, options: RunOptions): Flow;
}

/** How far a stream's data has been restarted; `minimum` equals `id` when older data is to be dropped at a successful end. */
export interface Generation {
  readonly id: number;
  readonly minimum: number;
}

/** Who is connected: for a person who opens the file, and for telling which field of a config has changed. */
export interface ConnectionEnds {
  readonly source: ConnectionEnd;
  readonly destination: ConnectionEnd;
}

/** One of the two: a connector with its config, secrets left out. */
export interface ConnectionEnd {
  readonly name: string;
  /** What it is run from, where the name does not tell: a path, a package, `built in`. */
  readonly via?: string | undefined;
  readonly config: unknown;
}

/** A connection's memory. `open` takes its lock and throws StateBusyError when another run holds it. */
export interface StateStore {
  open(connection: ConnectionId, ends?: ConnectionEnds): Promise<ConnectionState>;
}

export interface ConnectionState extends AsyncDisposable {
  /** The source's own messages, never the destination's echo of them. */
  readonly states: readonly StateMessage[];
  /** What the store noticed on opening, such as a changed config. */
  readonly warnings: readonly Warning[];
  /** Durable before the first record: raises generations and forgets the state of streams that start anew. */
  begin(
    streams: readonly ConfiguredStream[],
  ): Promise<{ readonly syncId: number; readonly generations: ReadonlyMap<StreamKey, Generation> }>;
  commit(states: readonly StateMessage[]): Promise<void>;
}

/** One command of the protocol with all that it needs. */
export type Invocation =
  | { readonly command: 'spec' }
  | { readonly command: 'check'; readonly config: Config }
  | { readonly command: 'discover'; readonly config: Config }
  | {
      readonly command: 'read';
      readonly config: Config;
      readonly catalog: ConfiguredCatalog;
      readonly states: readonly StateMessage[];
    }
  | {
      readonly command: 'write';
      readonly config: Config;
      readonly catalog: ConfiguredCatalog;
      readonly input: Flow;
    };

/**
 * Runs one connector: as a child process, in a container, or in this process. The Flow of `run` ends only when the
 * connector has ended well: a failing exit, a TRACE ERROR (whatever the exit code), input not taken to its end, or a
 * missing program throw one of our errors, naming the connector. Leaving the Flow or aborting stops the connector
 * with its whole process tree. A failing `write` input is rethrown after what was confirmed has been yielded.
 */
export interface Executor extends AsyncDisposable {
  /** How it runs, for the log: `Python 3.11 in .sluice/connectors/source-faker`. */
  readonly description: string;
  /** Makes it ready to run, installing what is missing; throws InstallError or NotRunnableError. */
  prepare(options?: Partial<ExecutionOptions>): Promise<void>;
  install(options?: Partial<ExecutionOptions>): Promise<void>;
  uninstall(options?: Partial<ExecutionOptions>): Promise<void>;
  /** The connector's version, or undefined where that cannot be known. */
  version(): Promise<string | undefined>;
  run(invocation: Invocation, options: ExecutionOptions): Flow;
  /** The spec, where it is known for sure without running the connector. */
  rememberedSpec?(options?: Partial<ExecutionOptions>): Promise<ConnectorSpecification | undefined>;
  /** What lies in a destination now, where whoever runs there can say; undefined where not. */
  readBack?(config: Config, request: ReadBackRequest): Promise<AsyncIterable<Row> | undefined>;
}

/** Asks for the rows of one stream as they lie in a destination. */
export interface ReadBackRequest {
  readonly stream: StreamDescriptor;
  /** All streams that were written together: how one is stored may depend on the names of the others. */
  readonly streams: readonly StreamDescriptor[];
  readonly signal: AbortSignal;
}

/** A connector written in TypeScript, as the in-process executor runs it: the protocol's commands as functions. */
export interface ConnectorProgram {
  readonly name: string;
  readonly version: string;
  readonly spec: ConnectorSpecification;
  check(config: Config, options: ExecutionOptions): Promise<ConnectionStatus>;
  discover?(config: Config, options: ExecutionOptions): Promise<Catalog>;
  read?(
    config: Config,
    catalog: ConfiguredCatalog,
    states: readonly StateMessage[],
    options: ExecutionOptions,
  ): Flow;
  /** Keeps the promises of `Writer.load`. */
  write?(config: Config, catalog: ConfiguredCatalog, input: Flow, options: ExecutionOptions): Flow;
  /** The rows of a stream as they lie in the destination now: a smoke test compares them with what was sent. */
  readBack?(config: Config, request: ReadBackRequest): AsyncIterable<Row>;
}
