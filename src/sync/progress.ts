import type { StreamProgress, SyncProgress } from '../protocol/events.ts';
import type { Ledger } from './ledger.ts';
import type { Tally } from './tally.ts';

/** How far a write has come. */
export function progressOf(
  tally: Tally,
  ledger: Ledger,
  { elapsedMs, waitingFor }: Pick<SyncProgress, 'elapsedMs' | 'waitingFor'>,
): SyncProgress {
  const streams: Record<string, StreamProgress> = {};
  let total = 0;
  for (const { key, label, read, bytes, status } of tally.values()) {
    streams[label] = { read, confirmed: ledger.confirmed.get(key) ?? 0, bytes, status };
    total += bytes;
  }
  return { elapsedMs: Math.round(elapsedMs), bytes: total, streams, waitingFor };
}
