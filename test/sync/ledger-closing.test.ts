import { describe, expect, it } from 'vitest';
import { streamKey } from '../../src/protocol/catalog.ts';
import { streamState } from './ends.ts';
import { echoOf, open } from './open-ledger.ts';

const users = streamKey({ name: 'users' });
const orders = streamKey({ name: 'orders' });

describe('a ledger that is closed', () => {
  it('lets one returned state stand for its equals when the destination has ended well', () => {
    const { ledger, send, confirm } = open();
    ledger.sent(new Map([[users, 1]]));
    send(streamState('users', {}));
    ledger.sent(new Map([[users, 1]]));
    send(streamState('users', {}));
    confirm(streamState('users', {}));
    expect(ledger.close().unspoken).toEqual(new Map());
    expect(ledger.confirmed.get(users)).toBe(2);
  });

  it.each([
    ['counts only some of their records', [1, 1], { recordCount: 1 }, 1],
    [
      'counts only some of their records, written or rejected',
      [2, 2],
      { recordCount: 1, rejectedRecordCount: 1 },
      2,
    ],
  ])('does not let a returned state stand for its equals when it %s', (_, counts, destinationStats, lost) => {
    const { ledger, send, confirm } = open();
    for (const count of counts) {
      ledger.sent(new Map([[users, count]]));
      send(streamState('users', {}));
    }
    confirm(streamState('users', {}, { destinationStats }));
    expect(() => ledger.close()).toThrow(
      expect.objectContaining({
        code: 'delivery_unconfirmed',
        context: { states: 1, records: { users: lost } },
      }),
    );
  });

  it('lets a returned state stand for its equals when these have no records more than it counts', () => {
    const { ledger, send, confirm } = open();
    ledger.sent(new Map([[users, 3]]));
    for (let sent = 0; sent < 3; sent += 1) send(streamState('users', {}));
    confirm(streamState('users', {}, { destinationStats: { recordCount: 3 } }));
    expect(ledger.close().unspoken).toEqual(new Map());
  });

  it('does not let a returned state stand for its equals that were sent after it', () => {
    const { ledger, send, confirm } = open();
    send(streamState('users', {}));
    confirm(streamState('users', {}));
    ledger.sent(new Map([[users, 1]]));
    send(streamState('users', {}));
    expect(() => ledger.close()).toThrow(expect.objectContaining({ code: 'delivery_unconfirmed' }));
  });

  it('does not close over states that never came back', () => {
    const { ledger, send } = open();
    ledger.sent(new Map([[users, 3]]));
    send(streamState('users', 1));
    ledger.sent(new Map([[orders, 1]]));
    send(streamState('orders', 1));
    expect(() => ledger.close()).toThrow(
      expect.objectContaining({
        code: 'delivery_unconfirmed',
        message: 'destination-x: ended without confirming 2 states with 4 records of users, orders',
        context: { states: 2, records: { users: 3, orders: 1 } },
      }),
    );
  });

  it('counts as taken, at the end, the records that no state speaks for', () => {
    const { ledger, send, confirm } = open();
    ledger.sent(new Map([[users, 3]]));
    send(streamState('users', 1));
    ledger.sent(new Map([[users, 2]]));
    ledger.sent(new Map([[orders, 1]]));
    confirm(echoOf(1));
    expect(ledger.close().unspoken).toEqual(
      new Map([
        [users, 2],
        [orders, 1],
      ]),
    );
    expect(ledger.confirmed.get(users)).toBe(5);
  });

  it('does not close over records where not even a state that was made up came back', () => {
    const { ledger } = open();
    ledger.sent(new Map([[users, 3]]));
    ledger.enter(streamState('users', {}), { isInjected: true });
    expect(() => ledger.close()).toThrow(
      expect.objectContaining({
        message: 'destination-x: ended without confirming 1 state with 3 records of users',
      }),
    );
    expect(ledger.confirmed).toEqual(new Map());
  });

  it('never gives out a state that was made up, and does not miss it', () => {
    const { ledger, confirm } = open();
    ledger.sent(new Map([[users, 3]]));
    ledger.sent(new Map([[orders, 4]]));
    ledger.enter(streamState('users', {}), { isInjected: true });
    ledger.enter(streamState('orders', {}), { isInjected: true });
    expect(confirm(echoOf(1))).toEqual([{ message: undefined, states: 0 }]);
    expect(ledger.confirmed).toEqual(new Map([[users, 3]]));
    expect(ledger.close().unspoken).toEqual(new Map([[orders, 4]]));
  });
});
