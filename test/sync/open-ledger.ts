import type { StateMessage } from '../../src/protocol/messages.ts';
import { openLedger } from '../../src/sync/ledger.ts';

/** A ledger, and short ways to send a state and to confirm some. */
export function open() {
  let unknown = 0;
  const ledger = openLedger({
    source: 'source-x',
    destination: 'destination-x',
    onUnknown: () => {
      unknown += 1;
    },
  });
  return {
    ledger,
    send: (message: StateMessage) => ledger.enter(message),
    confirm: (...states: readonly StateMessage[]) => [...ledger.confirm(states)],
    unknown: () => unknown,
  };
}

/** A confirmation of which only the number is right. */
export function echoOf(id: number): StateMessage {
  return { type: 'STATE', state: { data: {}, id } };
}
