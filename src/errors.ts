import type { WriteResult } from './protocol/result.ts';

/** What went wrong, for programs: branch on this, never on an error's text. */
export type ErrorCode =
  | 'input_invalid'
  | 'config_invalid'
  | 'connector_unknown'
  | 'stream_unknown'
  | 'registry_failed'
  | 'install_failed'
  | 'not_runnable'
  | 'connector_failed'
  | 'check_failed'
  | 'protocol_violated'
  | 'delivery_unconfirmed'
  | 'state_busy'
  | 'state_damaged'
  | 'storage_failed'
  | 'callback_failed'
  | 'stalled'
  | 'stopped'
  | 'unexpected';

/** The facts around an error: plain data, never a secret. */
export type ErrorContext = Readonly<Record<string, unknown>>;

interface ErrorDetails {
  readonly guidance?: string | undefined;
  readonly context?: ErrorContext | undefined;
  readonly cause?: unknown;
}

/** Every error that Sluice throws: one line that says who and what, and guidance that says what to do next. */
export class SluiceError extends Error {
  override readonly name: string = 'SluiceError';
  readonly code: ErrorCode = 'unexpected';
  /** What to do next, in one or two sentences. */
  readonly guidance: string | undefined;
  /** The facts; what is learnt only after it was thrown (what else failed, where the log lies) is added by then. */
  context: ErrorContext;
  /** What a write had done when it failed: records read and confirmed, states saved. */
  result?: WriteResult;

  constructor(message: string, { guidance, context = {}, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.guidance = guidance;
    this.context = context;
  }
}

/** Thrown when a call, an option or a flag makes no sense as given. */
export class InputError extends SluiceError {
  override readonly name: string = 'InputError';
  override readonly code: ErrorCode = 'input_invalid';
}

/** Thrown when a config does not fit its connector's spec; `problems` holds every fault with its path. */
export class ConfigInvalidError extends InputError {
  override readonly name = 'ConfigInvalidError';
  override readonly code = 'config_invalid';
  readonly problems: readonly ConfigProblem[];

  constructor(
    message: string,
    { problems, ...details }: ErrorDetails & { readonly problems: readonly ConfigProblem[] },
  ) {
    super(message, { ...details, context: { ...details.context, problems } });
    this.problems = problems;
  }
}

/** One fault in a config: where it lies (`credentials.token`; empty for the whole) and what is wrong there. */
export interface ConfigProblem {
  readonly path: string;
  readonly message: string;
}

/** Thrown when no connector of that name can be found. */
export class ConnectorUnknownError extends InputError {
  override readonly name = 'ConnectorUnknownError';
  override readonly code = 'connector_unknown';
}

/** Thrown when a stream is named that the source does not have. */
export class StreamUnknownError extends InputError {
  override readonly name = 'StreamUnknownError';
  override readonly code = 'stream_unknown';
}

/** Thrown when the registry of connectors cannot be had or read. */
export class RegistryError extends SluiceError {
  override readonly name = 'RegistryError';
  override readonly code = 'registry_failed';
}

/** Thrown when a connector cannot be installed; nothing half-installed is left behind. */
export class InstallError extends SluiceError {
  override readonly name = 'InstallError';
  override readonly code = 'install_failed';
}

/** Thrown when a connector cannot be started: executable missing or not executable, Python missing or too old. */
export class NotRunnableError extends SluiceError {
  override readonly name = 'NotRunnableError';
  override readonly code = 'not_runnable';
}

/** Thrown when a connector fails: by exit code, by signal, by a TRACE ERROR, or by throwing. */
export class ConnectorFailedError extends SluiceError {
  override readonly name = 'ConnectorFailedError';
  override readonly code = 'connector_failed';
}

/** Thrown by `check` when the connector answers that the config does not work. */
export class CheckFailedError extends SluiceError {
  override readonly name = 'CheckFailedError';
  override readonly code = 'check_failed';
}

/** Thrown when a connector breaks the protocol: no expected message, a stream outside the catalog, mixed state types. */
export class ProtocolError extends SluiceError {
  override readonly name = 'ProtocolError';
  override readonly code = 'protocol_violated';
}

/** Thrown when a destination ends without having taken or confirmed everything, or confirms another number of records. */
export class DeliveryError extends SluiceError {
  override readonly name = 'DeliveryError';
  override readonly code = 'delivery_unconfirmed';
}

/** Thrown when another run holds the connection's state. */
export class StateBusyError extends SluiceError {
  override readonly name = 'StateBusyError';
  override readonly code = 'state_busy';
}

/** Thrown when saved state cannot be read. */
export class StateDamagedError extends SluiceError {
  override readonly name = 'StateDamagedError';
  override readonly code = 'state_damaged';
}

/** Thrown when a file of ours cannot be written or read: disk full, no permission. */
export class StorageError extends SluiceError {
  override readonly name = 'StorageError';
  override readonly code = 'storage_failed';
}

/** Thrown when a function that the user gave (`onConfigChange`, `onEvent`) throws. */
export class CallbackError extends SluiceError {
  override readonly name = 'CallbackError';
  override readonly code = 'callback_failed';
}

/** Thrown when one side has shown no sign of life for longer than its limit. */
export class StalledError extends SluiceError {
  override readonly name = 'StalledError';
  override readonly code = 'stalled';
}

/** Thrown when the caller's signal stopped the work. */
export class StoppedError extends SluiceError {
  override readonly name = 'StoppedError';
  override readonly code = 'stopped';
}

/** Refuses, at compile time, a switch that misses a case. */
export function unreachable(value: never): never {
  throw new SluiceError(`a case that cannot be: ${JSON.stringify(value)}`);
}

/** Turns the errno of a failed file operation into one line; other errors are returned as they are. */
export function storageError(cause: unknown, what: string): unknown {
  const code = errnoOf(cause);
  const reason = code === undefined ? undefined : storageReasons[code];
  if (reason === undefined) return cause;
  return new StorageError(`${what}: ${reason.text}`, {
    guidance: reason.guidance,
    context: { errno: code },
    cause,
  });
}

/** The same for what can fail in no other way: always an error of ours. */
export function storageFailure(cause: unknown, what: string): SluiceError {
  const error = storageError(cause, what);
  return error instanceof SluiceError ? error : new StorageError(`${what}: ${messageOf(cause)}`, { cause });
}

/** The errno of a system error (`ENOENT`), or undefined for any other value. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The message of anything that can be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const storageReasons: Readonly<Record<string, { readonly text: string; readonly guidance: string }>> = {
  ENOSPC: { text: 'the disk is full', guidance: 'Free some space and run again.' },
  EDQUOT: {
    text: 'the disk quota is used up',
    guidance: 'Free some space and run again.',
  },
  EACCES: {
    text: 'permission denied',
    guidance: 'Check who owns the folder, or set SLUICE_DIR to one of yours.',
  },
  EPERM: {
    text: 'operation not permitted',
    guidance: 'Check who owns the folder, or set SLUICE_DIR to one of yours.',
  },
  EROFS: {
    text: 'the file system is read-only',
    guidance: 'Set SLUICE_DIR to a folder that can be written.',
  },
  ENOTDIR: {
    text: 'a part of the path is a file, not a folder',
    guidance: 'Move that file away or choose another path.',
  },
  EISDIR: { text: 'the path is a folder, not a file', guidance: 'Choose another path.' },
  ENOENT: { text: 'no such file or folder', guidance: 'Check the path.' },
};
