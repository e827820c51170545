import type { ConfiguredCatalog } from '../protocol/catalog.ts';
import type { SyncEvent } from '../protocol/events.ts';
import type { ConnectionEnds, ConnectionId, Reader, StateStore, Writer } from '../protocol/flow.ts';
import type { Warning } from '../protocol/result.ts';
import type { Timeouts } from '../protocol/timeouts.ts';

export interface SyncOptions {
  readonly reader: Reader;
  readonly writer: Writer;
  readonly catalog: ConfiguredCatalog;
  /** Where states are kept; without it the sync remembers nothing. A writer that brings its own is asked instead. */
  readonly states?: StateStore | undefined;
  readonly connection: ConnectionId;
  readonly ends?: ConnectionEnds | undefined;
  /** What the caller has noticed already; it becomes part of the result. */
  readonly warnings?: readonly Warning[] | undefined;
  /** Replace the counts that the source puts into its states by our own. */
  readonly recountStates?: boolean | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: SyncEvent) => void) | undefined;
  /** The folder for run logs; without it none is written. */
  readonly runsFolder?: string | undefined;
}
