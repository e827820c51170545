import type { StreamResult, Warning, WriteResult } from '../protocol/result.ts';
import type { Ledger } from './ledger.ts';
import type { Tally } from './tally.ts';

interface ResultFacts {
  readonly connection: string;
  readonly tally: Tally;
  readonly ledger: Ledger;
  readonly warnings: readonly Warning[];
  /** States made durable. */
  readonly states: number;
  readonly durationMs: number;
  /** Whether both sides have ended well. */
  readonly isComplete: boolean;
}

/** What a write has done, at its end or so far. */
export function resultOf({ connection, tally, ledger, isComplete, ...rest }: ResultFacts): WriteResult {
  // A list first: a stream may be called `__proto__`.
  const streams: (readonly [label: string, StreamResult])[] = [];
  const total = { read: 0, confirmed: 0, rejected: 0 };
  let bytes = 0;
  for (const { key, label, configured, status, ...counts } of tally.values()) {
    const confirmed = ledger.confirmed.get(key) ?? 0;
    const rejected = ledger.rejected.get(key) ?? 0;
    const isAllThere = status === 'COMPLETE' && confirmed + rejected === counts.read;
    const result: StreamResult = {
      read: counts.read,
      confirmed,
      rejected,
      bytes: counts.bytes,
      status: isComplete || isAllThere ? 'complete' : 'incomplete',
      syncMode: configured.sync_mode,
      destinationSyncMode: configured.destination_sync_mode,
    };
    streams.push([label, result]);
    total.read += counts.read;
    total.confirmed += confirmed;
    total.rejected += rejected;
    bytes += counts.bytes;
  }
  const shared = ledger.rejected.get(undefined) ?? 0;
  return {
    connection,
    records: { ...total, confirmed: total.confirmed - shared, rejected: total.rejected + shared },
    streams: Object.fromEntries(streams),
    bytes,
    durationMs: Math.round(rest.durationMs),
    attempts: 1,
    states: rest.states,
    warnings: [...rest.warnings],
  };
}
