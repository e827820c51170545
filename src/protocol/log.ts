import type { LogLevel } from './messages.ts';
import type { WarningCode } from './result.ts';

/** One line for the run's log. */
export interface LogEntry {
  readonly level: LogLevel;
  readonly message: string;
  /** Which connector said it; absent for Sluice itself. */
  readonly connector?: string;
  readonly origin?: 'stdout' | 'stderr';
  /** Given where a run should warn of it in its result as well. */
  readonly code?: WarningCode;
  readonly stackTrace?: string;
  /** Worth telling a person as it happens, because it takes long: an installation. */
  readonly isNotice?: boolean;
}

/** Takes log lines. Secrets are masked where a line enters, by the executor. */
export type LogSink = (entry: LogEntry) => void;
