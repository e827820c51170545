import { InputError, unreachable } from '../errors.ts';
import {
  type Catalog,
  type ConfiguredCatalog,
  type ConfiguredStream,
  type DestinationSyncMode,
  type FieldPath,
  type Stream,
  type StreamKey,
  type SyncMode,
  streamKey,
  streamLabel,
} from './catalog.ts';
import { checkField } from './check-field.ts';
import type { Warning } from './result.ts';
import { findStream, type StreamSelection, selectStreams } from './select-streams.ts';

/** How rows are written: `auto` merges where there is a key, appends where there is a cursor, and replaces otherwise. */
export type WriteStrategy = 'auto' | 'append' | 'merge' | 'replace';
export const writeStrategies = ['auto', 'append', 'merge', 'replace'] as const satisfies WriteStrategy[];

export interface CatalogOptions {
  readonly sourceName: string;
  readonly streams?: StreamSelection | undefined;
  /** Cursors that the user set, by the stream's name as the user wrote it. */
  readonly cursors?: ReadonlyMap<string, FieldPath>;
  readonly primaryKeys?: ReadonlyMap<string, readonly FieldPath[]>;
  readonly writeStrategy?: WriteStrategy | undefined;
  readonly forceFullRefresh?: boolean | undefined;
  /** What the destination's spec lists; absent or empty means that it does not say. */
  readonly supportedDestinationSyncModes?: readonly string[] | undefined;
  readonly destinationName?: string;
}

/** How the selected streams are read and written. */
export interface Configured {
  readonly catalog: ConfiguredCatalog;
  /** Streams that start anew although their source can only read them incrementally: it must be given no state. */
  readonly restarted: ReadonlySet<StreamKey>;
  readonly warnings: readonly Warning[];
}

/**
 * Decides how each selected stream is read and written, and says as warnings where it had to give way. Cursors are
 * resolved as the protocol says: the source's own, else the one set, else the default; a key that was set goes before
 * the source's own. A stream that could be read incrementally but has no cursor is read in full, with a warning.
 */
export function configureCatalog(catalog: Catalog, options: CatalogOptions): Configured {
  const { sourceName } = options;
  const cursors = byStream(catalog, options.cursors, sourceName);
  const primaryKeys = byStream(catalog, options.primaryKeys, sourceName);
  for (const [stream, cursor] of cursors) checkField(stream, cursor, 'cursor');
  for (const [stream, keys] of primaryKeys) for (const key of keys) checkField(stream, key, 'primary key');

  const warnings: Warning[] = [];
  const restarted = new Set<StreamKey>();
  const streams = selectStreams(catalog, options.streams, sourceName).map((stream) => {
    const configured = configureStream(stream, cursors.get(stream), primaryKeys.get(stream), options);
    for (const message of configured.warnings)
      warnings.push({ code: 'sync_mode_adjusted', message, stream: streamLabel(stream) });
    if (configured.isWhole && configured.stream.sync_mode === 'incremental') restarted.add(streamKey(stream));
    return configured.stream;
  });
  return { catalog: { streams }, restarted, warnings };
}

/** How a stream is read from its beginning: in full where its source can, else incrementally without a state. */
export function wholeSyncMode({ supported_sync_modes }: Stream): SyncMode {
  const modes = supported_sync_modes ?? [];
  return modes.includes('incremental') && !modes.includes('full_refresh') ? 'incremental' : 'full_refresh';
}

function configureStream(
  stream: Stream,
  cursorSet: FieldPath | undefined,
  keySet: readonly FieldPath[] | undefined,
  options: CatalogOptions,
): { readonly stream: ConfiguredStream; readonly isWhole: boolean; readonly warnings: readonly string[] } {
  const primaryKey = keySet ?? stream.source_defined_primary_key ?? [];
  const reading = howRead(stream, cursorSet);
  const hasKey = primaryKey.length > 0;
  const writing = howWritten(stream, { hasKey, isIncremental: reading.isIncremental }, options);
  const isWhole = !reading.isIncremental || writing.mode === 'overwrite' || options.forceFullRefresh === true;
  return {
    isWhole,
    stream: {
      stream,
      sync_mode: isWhole ? wholeSyncMode(stream) : 'incremental',
      destination_sync_mode: writing.mode,
      ...(reading.cursor === undefined ? {} : { cursor_field: reading.cursor }),
      ...(hasKey ? { primary_key: primaryKey } : {}),
    },
    warnings: [...reading.warnings, ...writing.warnings],
  };
}

/** Whether a stream can be read incrementally, and by which cursor. */
function howRead(
  stream: Stream,
  cursorSet: FieldPath | undefined,
): { readonly isIncremental: boolean; readonly cursor?: FieldPath; readonly warnings: readonly string[] } {
  const label = streamLabel(stream);
  const byDefault = stream.default_cursor_field?.length ? stream.default_cursor_field : undefined;
  const cursor = stream.source_defined_cursor ? byDefault : (cursorSet ?? byDefault);
  const found = cursor === undefined ? {} : { cursor };
  const ignored = (why: string) =>
    cursorSet === undefined ? [] : [`${label}: the cursor set is not used: ${why}`];

  if (!stream.supported_sync_modes?.includes('incremental'))
    return { isIncremental: false, ...found, warnings: ignored('the source can only read it in full') };
  if (stream.source_defined_cursor) {
    const isSame = cursorSet === undefined || cursorSet.join('\0') === byDefault?.join('\0');
    return { isIncremental: true, ...found, warnings: isSame ? [] : ignored('the source defines its own') };
  }
  if (cursor !== undefined) return { isIncremental: true, cursor, warnings: [] };
  return {
    isIncremental: false,
    warnings: [`${label} is read in full: it could be read incrementally, but no cursor is known; set one`],
  };
}

interface Traits {
  readonly hasKey: boolean;
  readonly isIncremental: boolean;
}

function howWritten(
  stream: Stream,
  traits: Traits,
  {
    writeStrategy = 'auto',
    supportedDestinationSyncModes = [],
    destinationName = 'the destination',
  }: CatalogOptions,
): { readonly mode: DestinationSyncMode; readonly warnings: readonly string[] } {
  const label = streamLabel(stream);
  const [wanted, ...others] = candidates(writeStrategy, traits, label);
  const isSupported = (mode: string) =>
    supportedDestinationSyncModes.length === 0 || supportedDestinationSyncModes.includes(mode);
  if (isSupported(wanted)) return { mode: wanted, warnings: [] };
  const context = { stream: label, supported: supportedDestinationSyncModes };
  const supported = supportedDestinationSyncModes.join(', ');
  if (others.length === 0) {
    throw new InputError(`${destinationName} cannot ${writeStrategy} (${wanted}): it supports ${supported}`, {
      guidance: 'Choose another write strategy; "auto" stays within what the destination supports.',
      context,
    });
  }
  const mode = others.find(isSupported);
  if (mode === undefined) {
    throw new InputError(`${destinationName} supports no way of writing that fits: only ${supported}`, {
      guidance: 'Sluice writes by append, append_dedup and overwrite.',
      context,
    });
  }
  return {
    mode,
    warnings: [`${label} is written by ${mode}, because ${destinationName} does not support ${wanted}`],
  };
}

/** What a strategy wants for a stream, best first. Only `auto` has a second choice. */
function candidates(
  strategy: WriteStrategy,
  { hasKey, isIncremental }: Traits,
  label: string,
): readonly [DestinationSyncMode, ...DestinationSyncMode[]] {
  switch (strategy) {
    case 'append':
      return ['append'];
    case 'replace':
      return ['overwrite'];
    case 'merge':
      if (hasKey) return ['append_dedup'];
      throw new InputError(`stream ${label} cannot be merged: it has no primary key`, {
        guidance: `Set one with setPrimaryKey("${label}", …), or choose append or replace.`,
        context: { stream: label },
      });
    case 'auto':
      if (hasKey)
        return isIncremental
          ? ['append_dedup', 'append', 'overwrite']
          : ['append_dedup', 'overwrite', 'append'];
      return isIncremental ? ['append', 'overwrite'] : ['overwrite', 'append'];
    default:
      return unreachable(strategy);
  }
}

function byStream<Value>(
  catalog: Catalog,
  named: ReadonlyMap<string, Value> | undefined,
  sourceName: string,
): ReadonlyMap<Stream, Value> {
  return new Map([...(named ?? [])].map(([name, value]) => [findStream(catalog, name, sourceName), value]));
}
