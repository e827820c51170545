import { StalledError } from '../errors.ts';
import type { Invocation } from '../protocol/flow.ts';
import { spokenMs, type Timeouts } from '../protocol/timeouts.ts';
import type { Child, Exit } from './child.ts';
import { afterMs } from './limit.ts';

/** Stops a child that overstays a limit, or when the signal aborts. */
export interface Limits extends Disposable {
  /** The limit that the child has run into and for which it was stopped. */
  readonly overstayed: StalledError | undefined;
  /** Waits for the exit of a child that has closed its output: from now on that has its limit, too. */
  awaitExit(): Promise<Exit>;
  /** Stops the child unless it ends by itself in the time that a destination has whose input was cut short. */
  drain(complaint?: string): void;
}

interface Watched {
  readonly name: string;
  readonly command: Invocation['command'];
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
}

export function watchLimits(child: Child, { name, command, timeouts, signal }: Watched): Limits {
  let overstayed: StalledError | undefined;
  const offs: (() => void)[] = [];
  const stop = () => {
    child.stop().catch(() => {});
  };
  const limit = (ms: number, complaint: string | undefined) => {
    const overstay = () => {
      if (complaint !== undefined) overstayed ??= overstayedBy(name, `${complaint} within ${spokenMs(ms)}`);
      stop();
    };
    offs.push(afterMs(ms, overstay));
  };
  if (command !== 'read' && command !== 'write') limit(timeouts.commandMs, `${command} did not end`);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return {
    get overstayed() {
      return overstayed;
    },
    awaitExit() {
      // A destination may still be writing; how long it may is for the sync to say, which stops it by its signal.
      if (command !== 'write') limit(timeouts.drainMs, 'it closed its output but did not exit');
      return child.exited;
    },
    drain(complaint) {
      limit(timeouts.drainMs, complaint);
    },
    [Symbol.dispose]() {
      signal.removeEventListener('abort', stop);
      for (const off of offs) off();
    },
  };
}

/** The error of a limit that was not kept. */
export function overstayedBy(name: string, complaint: string): StalledError {
  return new StalledError(`${name}: ${complaint}`, {
    guidance: 'Raise the limit in the `timeouts` option if the connector needs longer.',
    context: { connector: name },
  });
}
