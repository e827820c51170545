import { CallbackError, ConnectorFailedError, messageOf, SluiceError, StoppedError } from '../errors.ts';

/** Whose failure it is: a side's name, or undefined for Sluice itself. */
export interface Failure {
  readonly error: unknown;
  readonly of?: string | undefined;
}

/** How a sync ends early: who failed first, and the signals by which all learn of it. */
export interface Stop {
  /** Aborts when everything has to end. */
  readonly signal: AbortSignal;
  /** Aborts when the source has to end, which may be while the destination still drains. */
  readonly sourceSignal: AbortSignal;
  readonly first: Failure | undefined;
  /** Notes a failure; what fails because it was told to end is none. */
  note(failure: Failure): void;
  /** Notes a failure and ends everything. */
  end(failure: Failure): void;
  endSource(): void;
  /** Notes what fails while all is being put away. */
  noteLate(failure: Failure): void;
  /** The error to throw: the first in time, with the others in its context. */
  error(): SluiceError | undefined;
}

export function openStop(): Stop {
  const all = new AbortController();
  const source = new AbortController();
  const failures: Failure[] = [];
  all.signal.addEventListener('abort', () => source.abort(all.signal.reason), { once: true });

  function noteLate(failure: Failure): void {
    if (!failures.some(({ error }) => isSame(error, failure.error))) failures.push(failure);
  }

  function note(failure: Failure): void {
    if (!all.signal.aborted) noteLate(failure);
  }

  return {
    signal: all.signal,
    sourceSignal: source.signal,
    get first() {
      return failures[0];
    },
    note,
    noteLate,
    end(failure) {
      note(failure);
      if (!all.signal.aborted) all.abort(failure.error);
    },
    endSource() {
      source.abort(new StoppedError('the source is no longer needed'));
    },
    error() {
      const [first, ...others] = failures;
      if (first === undefined) return undefined;
      const error = asOurs(first);
      if (others.length > 0) error.context = { ...error.context, also: others.map(asPlain) };
      return error;
    },
  };
}

/** Why the caller's signal has aborted: because it was stopped, or because a function of the caller's has failed. */
export function reasonOf(signal: AbortSignal | undefined, message: string): SluiceError {
  const cause: unknown = signal?.reason;
  return cause instanceof CallbackError ? cause : new StoppedError(message, { cause });
}

/** One side hands on the other's error as it came, or inside its own. */
function isSame(first: unknown, later: unknown): boolean {
  return first === later || (later instanceof Error && later.cause === first);
}

function asOurs({ error, of }: Failure): SluiceError {
  if (error instanceof SluiceError) return error;
  const message = of === undefined ? messageOf(error) : `${of}: ${messageOf(error)}`;
  return of === undefined
    ? new SluiceError(message, { cause: error })
    : new ConnectorFailedError(message, { cause: error });
}

function asPlain(failure: Failure): Readonly<Record<string, unknown>> {
  const { code, message, context } = asOurs(failure);
  return { code, message, context };
}
