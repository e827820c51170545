import type { LogEntry, LogSink } from './log.ts';
import { parseLossless, parseSpelled } from './lossless-json.ts';
import {
  type LogLevel,
  type LogMessage,
  logLevels,
  type Message,
  messageSchemas,
  type TraceMessage,
} from './messages.ts';
import { stateSchema } from './state.ts';

export interface MessageOptions {
  readonly connector: string;
  readonly log: LogSink;
  readonly unwrappedStates?: boolean;
}

/** What flows of all that is said; LOG goes to the log. */
type FlowMessage = Exclude<Message, LogMessage>;

/**
 * Parses one line that is no RECORD (without its line ending). LOG messages, the CDK's DEBUG lines, messages of
 * unknown types and text go to the log: nothing that a connector prints stops a sync.
 */
export function parseMessage(line: Uint8Array, options: MessageOptions): FlowMessage | undefined {
  const log = (entry: Pick<LogEntry, 'level' | 'message' | 'code' | 'stackTrace'>) =>
    options.log({ ...entry, connector: options.connector, origin: 'stdout' });
  const parsed = parseObject(line);
  if (parsed === undefined) {
    const text = shownText(line);
    if (looksLikeMessage(text)) log({ ...misunderstood, message: `a line that is no valid JSON: ${text}` });
    else log({ level: 'INFO', message: text });
    return undefined;
  }
  const { type } = parsed;
  if (options.unwrappedStates === true && isStateType(type)) {
    const state = unwrappedState(parsed);
    if (state !== undefined) return state;
  }
  if (type === 'DEBUG') {
    log({ level: 'DEBUG', message: debugText(parsed, line) });
    return undefined;
  }
  if (type === 'RECORD') {
    log({ ...misunderstood, message: `a RECORD without stream or data: ${shownText(line)}` });
    return undefined;
  }
  if (!isMessageType(type)) {
    log({ level: 'INFO', message: shownText(line) });
    return undefined;
  }
  const checked = messageSchemas[type].safeParse(parsed);
  if (!checked.success) {
    if (type === 'LOG' && logLoosely(parsed, log)) return undefined;
    const failure = type === 'TRACE' ? failureIn(parsed) : undefined;
    if (failure !== undefined) return failure;
    const fault = checked.error.issues[0];
    const where = fault === undefined ? '' : ` (${fault.path.join('.')}: ${fault.message})`;
    log({ ...misunderstood, message: `a malformed ${type}${where}: ${shownText(line)}` });
    return undefined;
  }
  const message = checked.data;
  if (message.type === 'LOG') {
    const { level, message: text, stack_trace: stackTrace } = message.log;
    log({ level, message: text, ...(stackTrace ? { stackTrace } : {}) });
    return undefined;
  }
  return kept(message, parsed, line);
}

const misunderstood = { level: 'WARN', code: 'line_not_understood' } as const;
const longestShown = 10_000;

type Fields = Readonly<Record<string, unknown>>;
type Log = (entry: Pick<LogEntry, 'level' | 'message' | 'code' | 'stackTrace'>) => void;

/**
 * States and configs stay the objects that were parsed, because the schema's copies have forgotten how numbers were
 * spelled. The line is copied: a piece of a chunk would hold the whole chunk in memory for as long as the state lives.
 */
function kept(message: FlowMessage, parsed: Fields, line: Uint8Array): FlowMessage {
  if (message.type === 'STATE') return { ...(parsed as typeof message), line: new Uint8Array(line) };
  if (message.type === 'CONTROL') return parsed as typeof message;
  return message;
}

function parseObject(line: Uint8Array): Fields | undefined {
  if (line[0] !== 0x7b) return undefined;
  try {
    const text = textOf(line);
    const value = parseSpelled(text) as Fields;
    return isExact(value['type']) ? (parseLossless(text) as Fields) : value;
  } catch {
    return undefined;
  }
}

/** States and configs keep all digits; schemas and statistics must do with numbers, which is what their readers expect. */
function isExact(type: unknown): boolean {
  return type === 'STATE' || type === 'CONTROL' || isStateType(type);
}

/** A confirmation as some destinations print it: the state itself, absent fields as null, without its envelope. */
function unwrappedState(parsed: Fields): FlowMessage | undefined {
  const whole = withGlobal(parsed);
  const state = stateSchema.safeParse(whole);
  if (!state.success) return undefined;
  const { stream, global, data } = state.data;
  const isState = Boolean(stream) || Boolean(global) || (data !== undefined && data !== null);
  return isState ? { type: 'STATE', state: whole as typeof state.data } : undefined;
}

/** Python reserves the word `global`: states written from the fields of a class call it `global_`. */
function withGlobal(parsed: Fields): Fields {
  const { global_: shared, ...others } = parsed;
  return isFields(shared) && !isFields(parsed['global']) ? { ...others, global: shared } : parsed;
}

/** However malformed, an error is an error, and so is a stream that was left incomplete. */
function failureIn({ trace }: Fields): TraceMessage | undefined {
  if (!isFields(trace)) return undefined;
  const { type, emitted_at, error, stream_status: status } = trace;
  if (type === 'STREAM_STATUS' && isFields(status) && status['status'] === 'INCOMPLETE') {
    const message = 'a stream that it does not name was left incomplete';
    return { type: 'TRACE', trace: { type: 'ERROR', emitted_at, error: { message } } };
  }
  if (type !== 'ERROR') return undefined;
  const said = isFields(error) ? error : { message: error };
  const texts: Readonly<Record<string, string>> = Object.fromEntries(
    Object.entries(said).filter(
      (field): field is [string, string] => Boolean(field[1]) && typeof field[1] === 'string',
    ),
  );
  const message = texts['message'] ?? texts['internal_message'] ?? 'it gave no message';
  return { type: 'TRACE', trace: { type: 'ERROR', emitted_at, error: { ...texts, message } } };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStateType(type: unknown): boolean {
  return type === 'STREAM' || type === 'GLOBAL' || type === 'LEGACY';
}

function isMessageType(type: unknown): type is keyof typeof messageSchemas {
  return typeof type === 'string' && Object.hasOwn(messageSchemas, type);
}

/** `{"type":"DEBUG","message":…,"data":…}`, as the Python CDK logs in debug mode: no message of the protocol. */
function debugText(parsed: Fields, line: Uint8Array): string {
  return typeof parsed['message'] === 'string' && parsed['data'] === undefined
    ? truncated(parsed['message'])
    : shownText(line);
}

/** A LOG with a level of other spelling (`info`, `WARNING`) or none is still what the connector wants to be read. */
function logLoosely(parsed: Fields, log: Log): boolean {
  const body = parsed['log'];
  if (typeof body !== 'object' || body === null || !('message' in body)) return false;
  if (typeof body.message !== 'string') return false;
  const spelled = 'level' in body ? String(body.level).toUpperCase() : 'INFO';
  const level = logLevels.find((known) => known === (otherLevels[spelled] ?? spelled)) ?? 'INFO';
  log({ level, message: body.message });
  return true;
}

const otherLevels: Readonly<Record<string, LogLevel>> = { WARNING: 'WARN', CRITICAL: 'FATAL' };

/** Also behind other text: a program that prints without a newline has spoiled the message after it. */
function looksLikeMessage(text: string): boolean {
  return /\{\s*"type"\s*:/.test(text) || (text.startsWith('{') && /"type"\s*:/.test(text));
}

function shownText(line: Uint8Array): string {
  return truncated(textOf(line.subarray(0, 4 * longestShown)));
}

function truncated(text: string): string {
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}… (cut)`;
}

function textOf(line: Uint8Array): string {
  return Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString();
}
