import { isJsonObject } from './json-object.ts';
import type { LogEntry, LogSink } from './log.ts';
import { parseLossless, parseSpelled } from './lossless-json.ts';
import {
  type LogLevel,
  type LogMessage,
  logLevels,
  type Message,
  messageSchemas,
  type StateMessage,
  type TraceMessage,
} from './messages.ts';

export interface MessageOptions {
  readonly connector: string;
  readonly log: LogSink;
  readonly unwrappedStates?: boolean;
  /** Whether damage is refused, which is for the caller to do; else the log is warned of it. */
  readonly refusesDamage?: boolean;
}

/** A message of which nothing may be lost, and which cannot be read. */
export interface Damage {
  readonly type: 'DAMAGED';
  readonly what: 'RECORD' | 'STATE';
  readonly why: string;
  /** The line, or much of it. */
  readonly line: string;
}

/** What flows of all that is said; LOG goes to the log. */
type FlowMessage = Exclude<Message, LogMessage>;

/**
 * Parses one line that is no sound RECORD (without its line ending). LOG messages, the CDK's DEBUG lines, messages of
 * unknown types and text go to the log; of all that a connector may print only damaged RECORDs and STATEs are refused.
 */
export function parseMessage(line: Uint8Array, options: MessageOptions): FlowMessage | Damage | undefined {
  const log = (entry: Pick<LogEntry, 'level' | 'message' | 'code' | 'stackTrace'>) =>
    options.log({ ...entry, connector: options.connector, origin: 'stdout' });
  const damaged = (what: Damage['what'], why: string, warning: string): Damage | undefined => {
    if (options.refusesDamage === true) return { type: 'DAMAGED', what, why, line: shownText(line) };
    log({ ...misunderstood, message: `${warning}: ${shownText(line)}` });
    return undefined;
  };
  const parsed = parseObject(line);
  if (parsed === undefined) {
    if (holdsRecord(line)) return damaged('RECORD', 'it is no valid JSON', 'a line that is no valid JSON');
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
    const fault = faultOfRecord(parsed['record']);
    return damaged('RECORD', `it has ${fault}`, `a RECORD with ${fault}`);
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
    const where = fault === undefined ? 'it is malformed' : `${fault.path.join('.')}: ${fault.message}`;
    if (type === 'STATE') return damaged(type, where, `a malformed STATE (${where})`);
    log({ ...misunderstood, message: `a malformed ${type} (${where}): ${shownText(line)}` });
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

/** Why it is no record, for one that is not. */
function faultOfRecord(record: unknown): string {
  const { stream, data } = typeof record === 'object' && record !== null ? (record as Fields) : {};
  if (typeof stream !== 'string' || data === undefined) return 'no stream or no data';
  return 'data that is no object';
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
  const message = { type: 'STATE', state: whole };
  return messageSchemas.STATE.safeParse(message).success ? (message as StateMessage) : undefined;
}

/** Python reserves the word `global`: states written from the fields of a class call it `global_`. */
function withGlobal(parsed: Fields): Fields {
  const { global_: shared, ...others } = parsed;
  return isJsonObject(shared) && !isJsonObject(parsed['global']) ? { ...others, global: shared } : parsed;
}

/** However malformed, an error is an error, and so is a stream that was left incomplete. */
function failureIn({ trace }: Fields): TraceMessage | undefined {
  if (!isJsonObject(trace)) return undefined;
  const { type, emitted_at, error, stream_status: status } = trace;
  if (type === 'STREAM_STATUS' && isJsonObject(status) && status['status'] === 'INCOMPLETE') {
    const message = 'a stream that it does not name was left incomplete';
    return { type: 'TRACE', trace: { type: 'ERROR', emitted_at, error: { message } } };
  }
  if (type !== 'ERROR') return undefined;
  const said = isJsonObject(error) ? error : { message: error };
  const texts: Readonly<Record<string, string>> = Object.fromEntries(
    Object.entries(said).filter(
      (field): field is [string, string] => Boolean(field[1]) && typeof field[1] === 'string',
    ),
  );
  const message = texts['message'] ?? texts['internal_message'] ?? 'it gave no message';
  return { type: 'TRACE', trace: { type: 'ERROR', emitted_at, error: { ...texts, message } } };
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

/** Whether a line begins as a RECORD does, or holds the mark of one behind other text. */
function holdsRecord(line: Uint8Array): boolean {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  if (/^\{\s*"(type"\s*:\s*"R|record"\s*:)/.test(bytes.toString('latin1', 0, 100))) return true;
  for (let at = bytes.indexOf(recordWord); at >= 0; at = bytes.indexOf(recordWord, at + 1)) {
    if (/"type"\s*:\s*$/.test(bytes.toString('latin1', Math.max(0, at - 100), at))) return true;
  }
  return false;
}

const recordWord = Buffer.from('"RECORD"');

function shownText(line: Uint8Array): string {
  return truncated(textOf(line.subarray(0, 4 * longestShown)));
}

function truncated(text: string): string {
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}… (cut)`;
}

function textOf(line: Uint8Array): string {
  return Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString();
}
