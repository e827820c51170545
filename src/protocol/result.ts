import type { DestinationSyncMode, SyncMode } from './catalog.ts';

/** What a write did; `--json` prints the same object as its last line. */
export interface WriteResult {
  readonly connection: string;
  /** `confirmed`: covered by a STATE that came back, or, in a stream without states, taken by a destination that exited 0. */
  readonly records: { readonly read: number; readonly confirmed: number; readonly rejected: number };
  /** By the stream's label: `users`, or `crm.users` with a namespace (dots in a part escaped). */
  readonly streams: Readonly<Record<string, StreamResult>>;
  /** Bytes of RECORD lines handed to the destination. */
  readonly bytes: number;
  readonly durationMs: number;
  readonly attempts: number;
  /** States made durable. */
  readonly states: number;
  readonly warnings: readonly Warning[];
}

/** What a write did with one stream; counts are of records, as in the whole. */
export interface StreamResult {
  readonly read: number;
  readonly confirmed: number;
  readonly rejected: number;
  readonly bytes: number;
  readonly status: 'complete' | 'incomplete';
  readonly syncMode: SyncMode;
  readonly destinationSyncMode: DestinationSyncMode;
}

/** Something that a person should know, though the work went on. */
export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
  readonly stream?: string;
}

export type WarningCode =
  | 'config_changed'
  | 'nothing_confirmed'
  | 'source_count_differs'
  | 'state_unknown'
  | 'stream_not_completed'
  | 'sync_mode_adjusted'
  | 'line_not_understood'
  | 'state_not_kept'
  | 'log_not_kept'
  | 'records_rejected'
  | 'values_nulled'
  | 'stream_restarted'
  | 'rows_forgotten';
