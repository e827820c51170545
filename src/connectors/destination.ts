import type { Cache } from '../caches/cache.ts';
import type { ReadResult } from '../caches/read-result.ts';
import type { ConfiguredCatalog } from '../protocol/catalog.ts';
import type {
  ConnectionEnd,
  ConnectorProgram,
  Flow,
  ReadBackRequest,
  RunOptions,
  Writer,
} from '../protocol/flow.ts';
import { hasMethods } from '../protocol/has-methods.ts';
import type { Row } from '../protocol/messages.ts';
import type { WriteResult } from '../protocol/result.ts';
import type { Config, ConnectorSpecification } from '../protocol/spec.ts';
import type { CallOptions, Connector } from './connector.ts';
import { cacheBehind, type DestinationCache, type DestinationCacheOptions } from './destination-cache.ts';
import { checkConfig, getConnector } from './get-connector.ts';
import type { ConnectorOptions } from './options.ts';
import type { Source } from './source.ts';
import type { Upgrade, UpgradeOptions } from './upgrade.ts';
import { writeAny } from './write-any.ts';
import type { WriteOptions } from './write-options.ts';

/**
 * Opens a destination: a connector's name, or a connector made by `defineDestination`. Synchronous; the connector is
 * found, installed where need be, and its config validated on first use.
 */
export function getDestination(
  name: string | ConnectorProgram,
  config?: Config,
  options?: ConnectorOptions,
): Destination {
  const got = getConnector('destination', name, config, options);
  return new Destination(got.connector, got.options);
}

/** Something to write to: made by `getDestination`. */
export class Destination implements Writer, AsyncDisposable {
  readonly #connector: Connector;
  readonly #options: ConnectorOptions;

  constructor(connector: Connector, options: ConnectorOptions = {}) {
    this.#connector = connector;
    this.#options = options;
  }

  /** The connector's name. */
  get name(): string {
    return this.#connector.name;
  }

  /** @internal The options as they were given. */
  get options(): ConnectorOptions {
    return this.#options;
  }

  /** The config as it is now: as given, or as the connector has changed it since. */
  getConfig(): Config {
    return this.#connector.config;
  }

  /** Replaces the config. It is validated on next use. */
  setConfig(config: Config): this {
    this.#connector.setConfig(checkConfig(config, this.name));
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

  /** What tells a connection to this destination from others: name, what it is run from, config without secrets. */
  connectionEnd(options: CallOptions = {}): Promise<ConnectionEnd> {
    return this.#connector.end(options);
  }

  /**
   * Moves what is new in a source, or in a cache, to this destination, and remembers how far the destination has
   * confirmed it, so that the next write goes on from there. Of a read result the streams that were read are sent.
   */
  async write(source: Source | ReadResult | Cache, options: WriteOptions = {}): Promise<WriteResult> {
    return writeAny(source, this, options);
  }

  /**
   * Opens the database that this destination writes to, to read what is there: `destination.getCache().dataset('users')`.
   * For Airbyte's destinations to DuckDB, MotherDuck, PostgreSQL and SQLite; options are those of the cache, and say
   * what is other than in the destination's config.
   */
  getCache(options: DestinationCacheOptions = {}): DestinationCache {
    return cacheBehind({ name: this.name, config: this.getConfig(), options: this.#options }, options);
  }

  /** Writes what flows in, and yields each state when all before it is durable: what a write asks of its destination. */
  load(catalog: ConfiguredCatalog, input: Flow, options: RunOptions): Flow {
    return this.#connector.run({ command: 'write', config: this.getConfig(), catalog, input }, options);
  }

  /**
   * The rows of a stream as they lie in the destination now; undefined where it cannot say. A destination in TypeScript
   * can: destination-jsonl does, and one made by `defineDestination` with a `readBack`.
   */
  readBack(request: ReadBackRequest): Promise<AsyncIterable<Row> | undefined> {
    return this.#connector.readBack(request);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connector[Symbol.asyncDispose]();
  }
}

/** Whether a value is a destination, also one that another copy of this package made. */
export function isDestination(value: unknown): value is Destination {
  return value instanceof Destination || hasMethods(value, ['load', 'write', 'connectionEnd']);
}
