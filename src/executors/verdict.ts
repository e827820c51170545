import { ConnectorFailedError, type ErrorContext, ProtocolError, type SluiceError } from '../errors.ts';
import type { ExecutionOptions, FlowItem, Invocation } from '../protocol/flow.ts';
import type { LogSink } from '../protocol/log.ts';
import type { TraceError, TraceMessage } from '../protocol/messages.ts';
import type { Damage } from '../protocol/parse-message.ts';
import { saidOnce } from '../protocol/said-once.ts';
import { mask } from '../secrets.ts';

/** Watches what a connector says and, when it has ended, tells whether it ended well. */
export interface Verdict {
  /** The log, with secrets masked. */
  readonly log: LogSink;
  readonly mask: (text: string) => string;
  /** Notes errors among the items; their texts are masked, all else is passed as it is. */
  observe(items: readonly FlowItem[]): readonly FlowItem[];
  /** The first errors that it reported by TRACE: there may be one for each record. */
  readonly errors: readonly TraceError[];
  /** The error for a message that cannot be read. */
  damage(damage: Damage): ProtocolError;
  /** The failure of this run: who, what, and in whose words. */
  failure(how: Ending): SluiceError;
}

/** How a connector ended, as far as the error is to tell. */
export interface Ending {
  /** In brackets, at the end of the message: `exit code 1`. */
  readonly how: string;
  /** Its reason, where it has reported none itself. */
  readonly reason?: string | undefined;
  readonly guidance?: string | undefined;
  readonly context?: ErrorContext;
  readonly cause?: unknown;
}

/** Opens the book on one run of a connector. */
export function openVerdict(
  name: string,
  command: Invocation['command'],
  { log, secrets }: ExecutionOptions,
): Verdict {
  const errors: TraceError[] = [];
  let fatal: string | undefined;
  const hide = (text: string) => mask(text, secrets?.() ?? []);
  return {
    errors,
    mask: hide,
    log(entry) {
      const { message, stackTrace } = entry;
      if (entry.level === 'FATAL') fatal ??= hide(message);
      log({
        ...entry,
        message: hide(message),
        ...(stackTrace === undefined ? {} : { stackTrace: hide(stackTrace) }),
      });
    },
    observe(items) {
      if (!items.some(isWorded)) return items;
      return items.map((item) => {
        const shown = hideIn(item, hide);
        if (shown.type !== 'TRACE' || shown.trace.type !== 'ERROR') return shown;
        if (errors.length < keptErrors) errors.push(shown.trace.error);
        return shown;
      });
    },
    damage({ what, why, line }) {
      const start = hide(line).slice(0, shownOfDamage);
      return new ProtocolError(`${name}: a ${what} cannot be read: ${why}, line begins ${start}`, {
        guidance: 'No state behind it is kept. This is a fault of the source: report it to its author.',
        context: { connector: name, command },
      });
    },
    failure({ how, reason, guidance, context = {}, cause }) {
      const [first] = errors;
      const words = saidOnce(oneLine(hide(wordsOf(first) ?? fatal ?? reason ?? '')), name, command);
      return new ConnectorFailedError(
        `${name}: ${command} failed${words === '' ? '' : `: ${words}`} (${how})`,
        {
          guidance: guidance ?? adviceFor(first),
          context: {
            connector: name,
            command,
            ...context,
            ...(errors.length === 0 ? {} : { traceErrors: errors.map(brief) }),
          },
          cause,
        },
      );
    },
  };
}

/** Airbyte's kit for Python has one sentence for all that it did not foresee; what happened stands beside it. */
function wordsOf(error: TraceError | undefined): string | undefined {
  const isEmpty = /^Something went wrong in the connector\b/.test(error?.message ?? '');
  return isEmpty ? error?.internal_message || error?.message : error?.message;
}

/** The first line of a text that says something, no longer than a person reads. */
export function oneLine(text: string): string {
  const line = text.split(/\r?\n/).find((one) => one.trim() !== '') ?? '';
  const short = line.trim();
  return short.length > longestWords ? `${short.slice(0, longestWords)}…` : short;
}

const keptErrors = 10;
const longestWords = 400;
const shownOfDamage = 80;

type Worded = TraceMessage | Extract<FlowItem, { readonly type: 'CONNECTION_STATUS' }>;

/** Whether an item holds words for people. */
function isWorded(item: FlowItem): item is Worded {
  return item.type === 'CONNECTION_STATUS' || (item.type === 'TRACE' && item.trace.type === 'ERROR');
}

function hideIn(item: FlowItem, hide: (text: string) => string): FlowItem {
  if (item.type === 'CONNECTION_STATUS') {
    const { message } = item.connectionStatus;
    if (typeof message !== 'string') return item;
    return { ...item, connectionStatus: { ...item.connectionStatus, message: hide(message) } };
  }
  if (item.type !== 'TRACE' || item.trace.type !== 'ERROR') return item;
  const { error } = item.trace;
  const texts = ['message', 'internal_message', 'stack_trace'] as const;
  const shown = { ...error };
  for (const text of texts) {
    const value = error[text];
    if (typeof value === 'string') shown[text] = hide(value);
  }
  return { ...item, trace: { ...item.trace, error: shown } };
}

function brief({ message, internal_message, failure_type, stream_descriptor }: TraceError) {
  return {
    message,
    ...(internal_message ? { internalMessage: internal_message } : {}),
    ...(failure_type ? { failureType: failure_type } : {}),
    ...(stream_descriptor ? { stream: stream_descriptor.name } : {}),
  };
}

function adviceFor(error: TraceError | undefined): string | undefined {
  switch (error?.failure_type) {
    case 'config_error':
      return 'Its config or its account needs a change: see the message.';
    case 'transient_error':
      return 'The connector calls this a passing trouble: run it again later.';
    default:
      return undefined;
  }
}
