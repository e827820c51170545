import { CallbackError, messageOf } from '../errors.ts';
import type { SyncEvent } from '../protocol/events.ts';

/**
 * Calls the function that hears of events. That it throws, or that a promise it returned is rejected, is told once and
 * never thrown; it is not called again.
 */
export function openListener(
  onEvent: ((event: SyncEvent) => unknown) | undefined,
  onFailure: (error: CallbackError) => void,
): (event: SyncEvent) => void {
  let isBroken = false;

  function refuse(cause: unknown): void {
    if (isBroken) return;
    isBroken = true;
    onFailure(
      new CallbackError(`onEvent failed: ${messageOf(cause)}`, {
        guidance: 'The sync was stopped; what was confirmed is kept. Mend the function given as onEvent.',
        cause,
      }),
    );
  }

  return (event) => {
    if (onEvent === undefined || isBroken) return;
    try {
      const returned = onEvent(event);
      if (returned instanceof Promise) returned.catch(refuse);
    } catch (error) {
      refuse(error);
    }
  };
}
