import type { LogEntry } from './log.ts';
import type { StreamStatus } from './messages.ts';
import type { Warning, WriteResult } from './result.ts';

/** What happens during a write, in order, for progress displays and for programs. Streams are named by their label. */
export type SyncEvent =
  | {
      readonly type: 'started';
      readonly connection: string;
      readonly syncId: number;
      readonly source: string;
      readonly destination: string;
      readonly streams: readonly string[];
    }
  /** How far the write has come; at most four times a second. */
  | { readonly type: 'progress'; readonly progress: SyncProgress }
  | { readonly type: 'stream_status'; readonly stream: string; readonly status: StreamStatus }
  | {
      readonly type: 'estimate';
      readonly stream?: string;
      readonly records?: number;
      readonly bytes?: number;
    }
  /** States are durable; `states` counts all so far. */
  | { readonly type: 'state_saved'; readonly states: number; readonly streams: readonly string[] }
  | { readonly type: 'warning'; readonly warning: Warning }
  | { readonly type: 'log'; readonly entry: LogEntry }
  | { readonly type: 'finished'; readonly result: WriteResult }
  | { readonly type: 'failed'; readonly error: Error; readonly result: WriteResult };

/** How far a write has come. */
export interface SyncProgress {
  readonly elapsedMs: number;
  readonly bytes: number;
  readonly streams: Readonly<Record<string, StreamProgress>>;
  /** What the write is waiting for just now. */
  readonly waitingFor: 'source' | 'destination' | 'confirmation' | 'end';
}

/** How far one stream has come. */
export interface StreamProgress {
  /** Records that the source has sent. */
  readonly read: number;
  /** Of those, how many the destination has said to be safe. */
  readonly confirmed: number;
  readonly bytes: number;
  /** What the source last said of the stream, if anything. */
  readonly status: StreamStatus | undefined;
}
