import type { Cache } from '../caches/cache.ts';
import type { ReadResult } from '../caches/read-result.ts';
import { InputError } from '../errors.ts';
import {
  type Catalog,
  type ConfiguredCatalog,
  type FieldName,
  type FieldPath,
  fieldPath,
  streamLabel,
} from '../protocol/catalog.ts';
import { type CatalogOptions, configureCatalog, type WriteStrategy } from '../protocol/configure-catalog.ts';
import type { ConnectionEnd, ConnectorProgram, Flow, Reader, RunOptions } from '../protocol/flow.ts';
import { hasMethods } from '../protocol/has-methods.ts';
import type { Row, StateMessage } from '../protocol/messages.ts';
import {
  emptySelection,
  findStream,
  type StreamSelection,
  selectStreams,
} from '../protocol/select-streams.ts';
import type { Config, ConnectorSpecification } from '../protocol/spec.ts';
import type { CallOptions, Connector } from './connector.ts';
import { checkConfig, getConnector } from './get-connector.ts';
import type { SourceOptions } from './options.ts';
import { type ReadOptions, readSource } from './read.ts';
import { readRows } from './read-rows.ts';
import type { Upgrade, UpgradeOptions } from './upgrade.ts';

/**
 * Opens a source: a connector's name, or a connector made by `defineSource`. Synchronous; the connector is found,
 * installed where need be, and its config validated on first use.
 */
export function getSource(name: string | ConnectorProgram, config?: Config, options?: SourceOptions): Source {
  const got = getConnector('source', name, config, options);
  const source = new Source(got.connector, got.options);
  return got.options.streams === undefined ? source : source.selectStreams(got.options.streams);
}

/** Something to read from: made by `getSource` or `records`. */
export class Source implements Reader, AsyncDisposable {
  readonly #connector: Connector;
  readonly #options: SourceOptions;
  readonly #cursors = new Map<string, FieldPath>();
  readonly #primaryKeys = new Map<string, readonly FieldPath[]>();
  #selection: StreamSelection | undefined;
  #catalog: Catalog | undefined;

  constructor(connector: Connector, options: SourceOptions = {}) {
    this.#connector = connector;
    this.#options = options;
  }

  /** The connector's name. */
  get name(): string {
    return this.#connector.name;
  }

  /** @internal The options as they were given. */
  get options(): SourceOptions {
    return this.#options;
  }

  /** The config as it is now: as given, or as the connector has changed it since. */
  getConfig(): Config {
    return this.#connector.config;
  }

  /** Replaces the config. It is validated on next use. */
  setConfig(config: Config): this {
    this.#connector.setConfig(checkConfig(config, this.name));
    this.#catalog = undefined;
    return this;
  }

  /** What the connector says of itself, in its own words; asked once. */
  spec(options: CallOptions = {}): Promise<ConnectorSpecification> {
    return this.#connector.spec(options);
  }

  /** @internal The same, or what it said in an earlier run where that is sure to hold still. */
  knownSpec(options: CallOptions): Promise<ConnectorSpecification> {
    return this.#connector.knownSpec(options);
  }

  /** Throws ConfigInvalidError, naming every fault, unless the config fits the connector's spec. */
  validateConfig(options: CallOptions = {}): Promise<void> {
    return this.#connector.validateConfig(options);
  }

  /** Throws CheckFailedError, with the connector's own words, unless the connector can work with its config. */
  check(options: CallOptions = {}): Promise<void> {
    return this.#connector.check(options);
  }

  /** The streams that the source has. Remembered until the config is set anew. */
  async discover(options: CallOptions = {}): Promise<Catalog> {
    this.#catalog ??= await this.#connector.discover(options);
    return this.#catalog;
  }

  /** Installs the connector now rather than on first use. */
  install(options: CallOptions = {}): Promise<void> {
    return this.#connector.install(options);
  }

  /**
   * Brings the installed connector to its newest version, or to the one that its options name. What the registry says
   * of breaking changes is an error before anything is changed, unless `acceptBreaking` is given.
   */
  upgrade(options: UpgradeOptions = {}): Promise<Upgrade> {
    return this.#connector.upgrade(options);
  }

  /** Removes what was installed for the connector. */
  uninstall(options: CallOptions = {}): Promise<void> {
    return this.#connector.uninstall(options);
  }

  /** The version of the connector, or undefined where that cannot be known. */
  connectorVersion(): Promise<string | undefined> {
    return this.#connector.version();
  }

  /**
   * Chooses the streams to read: names, or `"*"` for all, as without any choice. A stream with a namespace is named
   * `namespace.name`, or by its bare name where only one bears it. Names are checked when the catalog is first needed.
   */
  selectStreams(streams: StreamSelection): this {
    if (Array.isArray(streams) && streams.length === 0) throw emptySelection(this.name);
    this.#selection = streams;
    return this;
  }

  /** Chooses all streams again, as without any choice. */
  selectAllStreams(): this {
    return this.selectStreams('*');
  }

  /** The names of the streams that are read. */
  async getSelectedStreams(options: CallOptions = {}): Promise<readonly string[]> {
    return selectStreams(await this.discover(options), this.#selection, this.name).map(streamLabel);
  }

  /** The names of all streams that the source has. */
  async getAvailableStreams(options: CallOptions = {}): Promise<readonly string[]> {
    return (await this.discover(options)).streams.map(streamLabel);
  }

  /** The JSON Schema of a stream's rows. */
  async getStreamSchema(
    stream: string,
    options: CallOptions = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    return findStream(await this.discover(options), stream, this.name).json_schema;
  }

  /** Sets the field that tells what is new in a stream. A list is the path of a nested field. */
  setCursorKey(stream: string, cursor: FieldName): this {
    const path = fieldPath(cursor);
    if (path.length === 0)
      throw new InputError(`${this.name}: the cursor of stream "${stream}" names no field`);
    this.#cursors.set(stream, path);
    return this;
  }

  /** The same for several streams, by their names. */
  setCursorKeys(cursors: Readonly<Record<string, FieldName>>): this {
    for (const [stream, cursor] of Object.entries(cursors)) this.setCursorKey(stream, cursor);
    return this;
  }

  /**
   * Sets the primary key of a stream: a column, or a list of columns for a composite key. Within that list, a list is
   * the path of one nested field: `["id", ["address", "city"]]`.
   */
  setPrimaryKey(stream: string, key: string | readonly FieldName[]): this {
    const paths = (typeof key === 'string' ? [key] : key).map(fieldPath);
    if (paths.length === 0 || paths.some((path) => path.length === 0))
      throw new InputError(`${this.name}: the primary key of stream "${stream}" names no field`);
    this.#primaryKeys.set(stream, paths);
    return this;
  }

  /** The same for several streams, by their names. */
  setPrimaryKeys(keys: Readonly<Record<string, string | readonly FieldName[]>>): this {
    for (const [stream, key] of Object.entries(keys)) this.setPrimaryKey(stream, key);
    return this;
  }

  /** How the selected streams would be read and written, as the connector is told. */
  async configuredCatalog(
    options: CallOptions & {
      readonly streams?: StreamSelection;
      readonly writeStrategy?: WriteStrategy;
      readonly forceFullRefresh?: boolean;
    } = {},
  ): Promise<ConfiguredCatalog> {
    const catalog = await this.discover(options);
    return configureCatalog(catalog, {
      ...this.catalogOptions(),
      ...options,
      streams: options.streams ?? this.#selection,
    }).catalog;
  }

  /** @internal What was selected and set, as configuring a catalog needs it. */
  catalogOptions(): CatalogOptions {
    return {
      sourceName: this.name,
      streams: this.#selection,
      cursors: this.#cursors,
      primaryKeys: this.#primaryKeys,
    };
  }

  /** What tells a connection of this source from others: its name, what it is run from, its config without secrets. */
  connectionEnd(options: CallOptions = {}): Promise<ConnectionEnd> {
    return this.#connector.end(options);
  }

  /** The rows of one stream, from its beginning. Leaving the loop stops the connector. */
  getRecords(
    stream: string,
    { limit = Number.POSITIVE_INFINITY, ...options }: CallOptions & { readonly limit?: number } = {},
  ): AsyncGenerator<Row, void, undefined> {
    if (Number.isNaN(limit) || limit < 0)
      throw new InputError(`${this.name}: limit must be 0 or more, not ${limit}`);
    return readRows(this.#connector, () => this.discover(options), stream, { ...options, limit });
  }

  /** The first rows of several streams, by the streams' names. */
  async getSamples({
    streams,
    limit = 5,
    ...options
  }: CallOptions & { readonly streams?: StreamSelection; readonly limit?: number } = {}): Promise<
    Readonly<Record<string, readonly Row[]>>
  > {
    const selected = selectStreams(await this.discover(options), streams ?? this.#selection, this.name);
    const samples: (readonly [label: string, rows: readonly Row[]])[] = [];
    for (const stream of selected) {
      const label = streamLabel(stream);
      const rows: Row[] = [];
      for await (const row of this.getRecords(label, { ...options, limit })) rows.push(row);
      samples.push([label, rows]);
    }
    return Object.fromEntries(samples);
  }

  /**
   * Reads what is new into a cache, the project's default one unless another is given, and answers what rests there.
   * How far it got is kept in the cache with the rows, so that the next read goes on from there.
   */
  read(cache?: Cache, options: ReadOptions = {}): Promise<ReadResult> {
    return readSource(this, cache, options);
  }

  /** Reads the streams of a catalog, each from its state on: what a write asks of its source. */
  extract(catalog: ConfiguredCatalog, states: readonly StateMessage[], options: RunOptions): Flow {
    return this.#connector.run({ command: 'read', config: this.getConfig(), catalog, states }, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connector[Symbol.asyncDispose]();
  }
}

/** Whether a value is a source, also one that another copy of this package made: a file that is loaded may bring its own. */
export function isSource(value: unknown): value is Source {
  return (
    value instanceof Source || hasMethods(value, ['extract', 'discover', 'catalogOptions', 'connectionEnd'])
  );
}
