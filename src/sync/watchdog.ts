import { StalledError } from '../errors.ts';
import type { SyncProgress } from '../protocol/events.ts';
import { spokenMs, type Timeouts } from '../protocol/timeouts.ts';

export type Side = 'source' | 'destination';

/** Tells a sync that stands still from one that waits rightly. It keeps no timer of its own: ask it now and then. */
export interface Watchdog {
  readonly waitingFor: SyncProgress['waitingFor'];
  /** Says whom the sync waits for from now on. */
  waitFor(side: SyncProgress['waitingFor']): void;
  /** Notes a sign of life. */
  sign(side: Side): void;
  /** Says that the input was cut short by a failure: the destination has to end by itself now. */
  cutShort(): void;
  /** The side that has been silent beyond its limit, as an error. */
  stalled(): StalledError | undefined;
}

interface WatchdogOptions {
  readonly timeouts: Timeouts;
  readonly source: string;
  readonly destination: string;
  readonly now?: () => number;
}

export function openWatchdog({
  timeouts,
  source,
  destination,
  now = () => performance.now(),
}: WatchdogOptions): Watchdog {
  let waitingFor: SyncProgress['waitingFor'] = 'destination';
  let quietSince = now();
  let cutSince: number | undefined;

  function stalled(): StalledError | undefined {
    const quietMs = now() - quietSince;
    if (cutSince !== undefined) {
      // A process is ended by its executor in this time; the grace period leaves it room for that.
      const limitMs = timeouts.drainMs + timeouts.graceMs;
      if (now() - cutSince < limitMs) return undefined;
      return new StalledError(
        `${destination}: did not end within ${spokenMs(timeouts.drainMs)} after its input was cut short`,
        stall('destination', 'drainMs', timeouts.drainMs),
      );
    }
    if (waitingFor === 'source') {
      if (quietMs < timeouts.silenceMs) return undefined;
      return new StalledError(
        `${source}: no record, state or log line for ${spokenMs(timeouts.silenceMs)}`,
        stall('source', 'silenceMs', timeouts.silenceMs),
      );
    }
    if (quietMs < timeouts.blockedMs) return undefined;
    const what = waitingFor === 'destination' ? 'took no input' : 'did not end after its input';
    return new StalledError(
      `${destination}: ${what} and confirmed nothing for ${spokenMs(timeouts.blockedMs)}`,
      stall('destination', 'blockedMs', timeouts.blockedMs),
    );
  }

  return {
    get waitingFor() {
      return waitingFor;
    },
    waitFor(side) {
      if (waitingFor === side) return;
      waitingFor = side;
      quietSince = now();
    },
    sign(side) {
      if ((waitingFor === 'source') === (side === 'source')) quietSince = now();
    },
    cutShort() {
      cutSince ??= now();
    },
    stalled,
  };
}

function stall(side: Side, limit: keyof Timeouts, limitMs: number) {
  return {
    guidance: `What was confirmed before is kept. If it needs longer, raise timeouts.${limit} (milliseconds) of the ${side}.`,
    context: { side, limit, limitMs },
  };
}
