import { type CallbackError, SluiceError } from '../errors.ts';
import type { SyncEvent } from '../protocol/events.ts';
import type { LogSink } from '../protocol/log.ts';
import type { Warning } from '../protocol/result.ts';
import { openListener } from './listener.ts';
import type { RunLog } from './run-log.ts';

/** What a sync says: to whoever listens, and into the run's log. */
export interface Voice {
  readonly warnings: readonly Warning[];
  readonly log: LogSink;
  /** Never throws. */
  say(event: SyncEvent): void;
  /** Says each warning once per stream, or once about something else. */
  warn(warning: Warning, about?: string): void;
  /** Where everything is written from now on. */
  writeTo(log: RunLog): void;
}

interface VoiceOptions {
  readonly onEvent: ((event: SyncEvent) => void) | undefined;
  /** Hears, once, that `onEvent` has thrown; it is not called again. */
  readonly onFailure: (error: CallbackError) => void;
}

export function openVoice({ onEvent, onFailure }: VoiceOptions): Voice {
  const warnings: Warning[] = [];
  const said = new Set<string>();
  const tell = openListener(onEvent, onFailure);
  let runLog: RunLog | undefined;

  function say(event: SyncEvent): void {
    if (event.type !== 'progress') runLog?.write(logLine(event));
    tell(event);
  }

  function warn(warning: Warning, about: string | undefined = warning.stream): void {
    const key = JSON.stringify([warning.code, about]);
    if (said.has(key)) return;
    said.add(key);
    warnings.push(warning);
    say({ type: 'warning', warning });
  }

  return {
    warnings,
    say,
    warn,
    log(entry) {
      say({ type: 'log', entry });
      if (entry.code === undefined) return;
      const who = entry.connector === undefined ? '' : `${entry.connector}: `;
      warn({ code: entry.code, message: `${who}${entry.message.slice(0, 300)}` }, entry.connector);
    },
    writeTo(log) {
      runLog = log;
    },
  };
}

function logLine(event: SyncEvent): Readonly<Record<string, unknown>> {
  if (event.type === 'log') return { type: 'log', ...event.entry };
  if (event.type !== 'failed') return event;
  const { error, result } = event;
  const facts = error instanceof SluiceError ? { code: error.code, context: error.context } : {};
  return { type: 'failed', error: error.message, ...facts, result };
}
