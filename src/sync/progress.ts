import type { StreamProgress, SyncProgress } from '../protocol/events.ts';
import type { Ledger } from './ledger.ts';
import type { Tally } from './tally.ts';

/** How far a write has come. */
export function progressOf(
  tally: Tally,
  ledger: Ledger,
  { elapsedMs, waitingFor }: Pick<SyncProgress, 'elapsedMs' | 'waitingFor'>,
): SyncProgress {
  const streams: (readonly [label: string, StreamProgress])[] = [];
  let total = 0;
  let unconfirmed = 0;
  for (const { key, label, read, bytes, status } of tally.values()) {
    const confirmed = ledger.confirmed.get(key) ?? 0;
    streams.push([label, { read, confirmed, bytes, status }]);
    total += bytes;
    unconfirmed += read - confirmed;
  }
  // With all of it confirmed, only the destination's end is waited for.
  const awaited = waitingFor === 'confirmation' && unconfirmed === 0 ? 'end' : waitingFor;
  return {
    elapsedMs: Math.round(elapsedMs),
    bytes: total,
    streams: Object.fromEntries(streams),
    waitingFor: awaited,
  };
}
