import { constants } from 'node:os';
import { type SluiceError, StoppedError } from '../errors.ts';
import { killAllNow } from '../executors/kill-all.ts';
import { exitNow } from './own-exit.ts';

const heeded = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Heeded = (typeof heeded)[number];

/** Turns Ctrl-C and its like into an abort: once to stop cleanly, twice to be gone at once. Disposing gives the signals back. */
export interface Interrupts extends Disposable {
  readonly signal: AbortSignal;
  /** Stops the work for a reason of ours, such as a reader of stdout that has gone. */
  stop(reason: SluiceError): void;
  /** The exit code when a signal ended the work: 130 for Ctrl-C. */
  readonly exitCode: number | undefined;
}

interface Effects {
  /** Called at the first signal. */
  readonly onFirst: () => void;
  /** Called at the second, before all ends; it has to write at once. */
  readonly onSecond?: () => void;
  readonly exit?: (code: number) => void;
}

export function listenForInterrupts({ onFirst, onSecond, exit = exitNow }: Effects): Interrupts {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const onSignal = (name: Heeded) => {
    if (exitCode !== undefined) {
      // A parent's death signal, where there is one, reaches connectors but not what they have started.
      killAllNow();
      onSecond?.();
      return exit(exitCode);
    }
    exitCode = 128 + constants.signals[name];
    onFirst();
    controller.abort(new StoppedError(`stopped by ${name === 'SIGINT' ? 'Ctrl-C' : name}`));
  };
  for (const name of heeded) process.on(name, onSignal);
  return {
    signal: controller.signal,
    stop: (reason) => controller.abort(reason),
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]() {
      for (const name of heeded) process.off(name, onSignal);
    },
  };
}
