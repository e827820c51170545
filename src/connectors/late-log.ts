import type { LogEntry, LogSink } from '../protocol/log.ts';
import { mask } from '../secrets.ts';

/**
 * A log that is handed on a moment late, masked once more: a connector that changes its config may log the new secret
 * in the same breath, before anybody could have learnt of it.
 */
export function lateLog(log: LogSink, secrets: () => readonly string[]) {
  let waiting: LogEntry[] = [];
  let failure: { readonly error: unknown } | undefined;
  const flush = () => {
    const entries = waiting;
    waiting = [];
    try {
      for (const entry of entries) log(masked(entry, secrets()));
    } catch (error) {
      // There is nobody to throw to at this moment.
      failure ??= { error };
    }
  };
  return {
    log(entry: LogEntry): void {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push(entry);
    },
    /** Hands on at once what waits. */
    flush,
    /** The same, at a good end: what the log has thrown on the way is thrown here. */
    end(): void {
      flush();
      if (failure !== undefined) throw failure.error;
    },
  };
}

function masked(entry: LogEntry, secrets: readonly string[]): LogEntry {
  const { message, stackTrace } = entry;
  if (secrets.length === 0) return entry;
  return {
    ...entry,
    message: mask(message, secrets),
    ...(stackTrace === undefined ? {} : { stackTrace: mask(stackTrace, secrets) }),
  };
}
