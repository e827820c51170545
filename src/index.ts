/**
 * Sluice's public API.
 *
 * ```ts
 * const source = getSource('source-faker', { count: 1000 });
 * const result = await getDestination('destination-jsonl', { path: 'out' }).write(source);
 * ```
 */

// Where records rest, and where states are kept.
export type { Cache } from './caches/cache.ts';
export type { CachedStream } from './caches/cache-streams.ts';
export type { Dataset, DatasetColumn } from './caches/dataset.ts';
export { getDefaultCache, newLocalCache } from './caches/default-cache.ts';
export { DuckDBCache, type DuckDBCacheOptions } from './caches/duckdb.ts';
export { MotherDuckCache, type MotherDuckCacheOptions } from './caches/motherduck.ts';
export { PostgresCache, type PostgresCacheOptions } from './caches/postgres.ts';
export type { ReadResult } from './caches/read-result.ts';
export type { RowSet, RowsOptions } from './caches/row-set.ts';
export { SQLiteCache, type SQLiteCacheOptions } from './caches/sqlite.ts';
export type { StateArchive } from './caches/state-archive.ts';
export type { StateFile as SavedState } from './caches/state-file.ts';
export { StateFolder, type StateFolderOptions } from './caches/state-folder.ts';
export type { ColumnStatistics, Statistics } from './caches/statistics.ts';
// Connectors written in TypeScript.
export { type BuildImageOptions, type BuiltImage, buildImage } from './connectors/authoring/build-image.ts';
export {
  type DestinationContext,
  type DestinationDefinition,
  defineDestination,
  type RowsContext,
  type TargetStream,
  type WriteRows,
} from './connectors/authoring/define-destination.ts';
export {
  defineSource,
  type JsonSchema,
  type ReadContext,
  type SourceContext,
  type SourceDefinition,
  type StreamDefinition,
} from './connectors/authoring/define-source.ts';
export { type ServeOptions, serve } from './connectors/authoring/serve.ts';
export { type Checkpoint, checkpoint } from './connectors/authoring/stream-position.ts';
// Connectors by name.
export type { CallOptions } from './connectors/connector.ts';
export { Destination, getDestination } from './connectors/destination.ts';
export type { DestinationCache, DestinationCacheOptions } from './connectors/destination-cache.ts';
export { type LoadedConnector, loadConnector } from './connectors/load-module.ts';
export type { ConnectorOptions, SourceOptions } from './connectors/options.ts';
export type { ReadOptions } from './connectors/read.ts';
export { getBenchmarkSource, getNoopDestination } from './connectors/ready-made.ts';
export { records } from './connectors/records.ts';
export {
  type FindOptions,
  getAvailableConnectors,
  getConnectorMetadata,
  type LookUpOptions,
} from './connectors/registry/find-connectors.ts';
export type {
  BreakingChange,
  ConnectorMetadata,
  ConnectorVersion,
  ConnectorWay,
  Verified,
} from './connectors/registry/metadata.ts';
export type { Difference, DifferenceKind } from './connectors/smoke/compare-rows.ts';
export type { CustomScenario } from './connectors/smoke/custom-scenarios.ts';
export { listScenarios } from './connectors/smoke/scenarios.ts';
export type { SmokeTestOptions } from './connectors/smoke/smoke-options.ts';
export type {
  ScenarioOutcome,
  ScenarioReport,
  SmokeTestEvent,
  SmokeTestRemains,
  SmokeTestReport,
} from './connectors/smoke/smoke-report.ts';
export { smokeTest } from './connectors/smoke/smoke-test.ts';
export { getSource, Source } from './connectors/source.ts';
export type { RecordsOptions } from './connectors/sources/records.ts';
export type { Rows } from './connectors/sources/records-rows.ts';
export type { Upgrade, UpgradeOptions } from './connectors/upgrade.ts';
export type { WriteOptions } from './connectors/write-options.ts';
// What can go wrong.
export {
  CallbackError,
  CheckFailedError,
  ConfigInvalidError,
  type ConfigProblem,
  ConnectorFailedError,
  ConnectorUnknownError,
  DeliveryError,
  type ErrorCode,
  type ErrorContext,
  InputError,
  InstallError,
  NotRunnableError,
  ProtocolError,
  RegistryError,
  SluiceError,
  StalledError,
  StateBusyError,
  StateDamagedError,
  StoppedError,
  StorageError,
  StreamUnknownError,
} from './errors.ts';
export type { ContainerOptions as DockerOptions } from './executors/docker/options.ts';
// What flows, and what is said about it.
export type {
  Catalog,
  ConfiguredCatalog,
  ConfiguredStream,
  DestinationSyncMode,
  FieldName,
  FieldPath,
  Stream,
  StreamDescriptor,
  StreamKey,
  SyncMode,
} from './protocol/catalog.ts';
export type { WriteStrategy } from './protocol/configure-catalog.ts';
export type { StreamProgress, SyncEvent, SyncProgress } from './protocol/events.ts';
export type {
  ConnectionEnd,
  ConnectionEnds,
  ConnectionId,
  ConnectionState,
  ConnectorProgram,
  ExecutionOptions,
  Executor,
  Flow,
  FlowItem,
  Generation,
  Invocation,
  ReadBackRequest,
  Reader,
  RecordBatch,
  RunOptions,
  StateStore,
  Writer,
} from './protocol/flow.ts';
export type { LogEntry, LogSink } from './protocol/log.ts';
export { LosslessNumber } from './protocol/lossless-json.ts';
export type {
  CatalogMessage,
  ConnectionStatus,
  ConnectionStatusMessage,
  ControlMessage,
  DestinationCatalogMessage,
  LogLevel,
  RecordMessage,
  Row,
  SpecMessage,
  StateMessage,
  StreamStatus,
  TraceMessage,
} from './protocol/messages.ts';
export { recordsOf, rowBatch } from './protocol/record-batch.ts';
export type { StreamResult, Warning, WarningCode, WriteResult } from './protocol/result.ts';
export type { StreamSelection } from './protocol/select-streams.ts';
export type { Config, ConnectorSpecification } from './protocol/spec.ts';
export { defaultTimeouts, type Timeouts } from './protocol/timeouts.ts';
export type { TimeType } from './sql/column-type.ts';
export { ident, type Sql, type SqlParameter, sql } from './sql/sql.ts';
export type { StreamTable } from './sql/stream-table.ts';
export type { TimeCodec } from './sql/time-codec.ts';
