import { SluiceError, StoppedError } from '../errors.ts';

/** Throws, once the signal has aborted: the error that it was aborted with where that is ours. */
export function throwIfStopped(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted === true) throw stoppedError(signal, what);
}

export function stoppedError({ reason }: AbortSignal, what: string): SluiceError {
  return reason instanceof SluiceError ? reason : new StoppedError(`${what}: stopped`, { cause: reason });
}
