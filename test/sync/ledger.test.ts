import { describe, expect, it } from 'vitest';
import { streamKey } from '../../src/protocol/catalog.ts';
import type { StateMessage } from '../../src/protocol/messages.ts';
import { globalState, legacyState, rows, streamState } from './ends.ts';
import { echoOf, open } from './open-ledger.ts';

const users = streamKey({ name: 'users' });
const orders = streamKey({ name: 'orders' });

describe('the ledger', () => {
  it('numbers states from 1 and counts the records since the previous state of their stream', () => {
    const { ledger, send } = open();
    ledger.sent(new Map([[users, 3]]));
    ledger.sent(new Map([[orders, 2]]));
    expect(send(streamState('users', 1))).toMatchObject({ id: 1, recordCount: 3 });
    ledger.sent(new Map([[users, 4]]));
    expect(send(streamState('users', 2))).toMatchObject({ id: 2, recordCount: 4 });
    expect(send(streamState('orders', 1))).toMatchObject({ id: 3, recordCount: 2 });
  });

  it('counts the records of all streams for a shared state', () => {
    const { ledger, send } = open();
    ledger.sent(new Map([[users, 3]]));
    ledger.sent(new Map([[orders, 2]]));
    expect(send(globalState(1))).toMatchObject({ recordCount: 5 });
  });

  it('keeps what the source said, never what came back', () => {
    const { send, confirm } = open();
    const own = streamState('users', { at: 1 });
    send(own);
    const [confirmation] = confirm(streamState('users', { at: 999 }, { id: 1 }));
    expect(confirmation?.message?.state).toBe(own.state);
  });

  it('confirms the earlier states of the same stream only', () => {
    const { ledger, send, confirm } = open();
    for (const [key, name] of [
      [users, 'users'],
      [orders, 'orders'],
      [users, 'users'],
    ] as const) {
      ledger.sent(new Map([[key, 1]]));
      send(streamState(name, {}));
    }
    expect(confirm(echoOf(3))).toMatchObject([{ states: 2 }]);
    expect(ledger.confirmed).toEqual(new Map([[users, 2]]));
    expect(confirm(echoOf(2))).toMatchObject([{ states: 1 }]);
    expect(ledger.confirmed.get(orders)).toBe(1);
  });

  it.each([
    ['GLOBAL', globalState],
    ['LEGACY', legacyState],
  ])('confirms all states before a %s one', (_, state) => {
    const { ledger, send, confirm } = open();
    ledger.sent(new Map([[users, 1]]));
    send(state(1));
    ledger.sent(new Map([[orders, 2]]));
    send(state(2));
    expect(confirm(echoOf(2))).toMatchObject([{ states: 2 }]);
    expect(ledger.confirmed).toEqual(
      new Map([
        [users, 1],
        [orders, 2],
      ]),
    );
  });

  it('hears the same confirmation twice without counting it twice', () => {
    const { ledger, send, confirm, unknown } = open();
    ledger.sent(new Map([[users, 1]]));
    send(streamState('users', 1));
    expect(confirm(echoOf(1), echoOf(1))).toHaveLength(1);
    expect(confirm(echoOf(1))).toEqual([]);
    expect(ledger.confirmed.get(users)).toBe(1);
    expect(unknown()).toBe(0);
  });

  it('recognises by its content a state that comes back without its number', () => {
    const { send, confirm, unknown } = open();
    send(streamState('users', { at: 1, to: null }));
    send(streamState('users', { b: [1, { x: 1 }], a: 'é' }));
    const echo: StateMessage = {
      type: 'STATE',
      state: {
        type: 'STREAM',
        stream: {
          stream_state: { a: 'é', none: null, b: [1.0, { x: 1n }] },
          stream_descriptor: { namespace: null, name: 'users' },
        },
        global: null,
        data: null,
        sourceStats: { recordCount: 7 },
      },
    };
    expect(confirm(echo)).toMatchObject([{ states: 2 }]);
    expect(confirm(echo, streamState('users', { at: 1 }))).toEqual([]);
    expect(unknown()).toBe(0);
  });

  it('takes the earliest of several states of equal content', () => {
    const { ledger, send, confirm } = open();
    ledger.sent(new Map([[users, 1]]));
    send(streamState('users', {}));
    ledger.sent(new Map([[users, 1]]));
    send(streamState('users', {}));
    confirm(streamState('users', {}));
    expect(ledger.confirmed.get(users)).toBe(1);
    confirm(streamState('users', {}));
    expect(ledger.confirmed.get(users)).toBe(2);
  });

  it('tells by its count a confirmation that is said again from that of a later state that says the same', () => {
    const { ledger, send, confirm, unknown } = open();
    ledger.sent(new Map([[users, 1]]));
    const state = streamState('users', { at: 1 });
    const counted = streamState('users', { at: 1 }, { destinationStats: { recordCount: 1 } });
    send(state);
    expect(confirm(counted)).toHaveLength(1);
    send(state);
    expect(confirm(counted)).toEqual([]);
    expect(confirm(state)).toHaveLength(1);
    expect(ledger.confirmed.get(users)).toBe(1);
    expect(unknown()).toBe(0);
  });

  it('keeps no bytes of the states in flight', () => {
    const { send, confirm } = open();
    const state = streamState('users', 1);
    send({ ...state, line: new Uint8Array(10) });
    expect(confirm(echoOf(1))).toEqual([{ message: state, states: 1 }]);
  });

  it('tells of a state that nobody sent, and confirms nothing by it', () => {
    const { ledger, send, confirm, unknown } = open();
    ledger.sent(new Map([[users, 1]]));
    send(streamState('users', 1));
    expect(confirm(streamState('users', 2), streamState('users', 3, { id: 77 }))).toEqual([]);
    expect(unknown()).toBe(2);
    expect(ledger.confirmed.get(users)).toBeUndefined();
  });

  it('refuses to mix kinds of state', () => {
    const { send } = open();
    send(streamState('users', 1));
    expect(() => send(globalState(1))).toThrow(
      expect.objectContaining({ code: 'protocol_violated', message: expect.stringContaining('GLOBAL') }),
    );
  });

  it.each([
    ['its own count', { recordCount: 2 }],
    ['the sum of all that it stands for', { recordCount: 5 }],
    ['a count written as text', { recordCount: '5.0' as unknown as number }],
    ['written and rejected records together', { recordCount: 3, rejectedRecordCount: 2 }],
    ['no count', {}],
    ['a count of null', { recordCount: null }],
  ])('accepts a confirmation with %s', (_, destinationStats) => {
    const { ledger, send, confirm } = open();
    ledger.sent(new Map([[users, 3]]));
    send(streamState('users', 1));
    ledger.sent(new Map([[users, 2]]));
    send(streamState('users', 2));
    expect(confirm(streamState('users', 2, { id: 2, destinationStats }))).toMatchObject([{ states: 2 }]);
  });

  it('refuses a confirmation of another number of records, after the ones before it', () => {
    const { ledger, send } = open();
    ledger.sent(new Map([[users, 3]]));
    send(streamState('users', 1));
    ledger.sent(new Map([[users, 2]]));
    send(streamState('users', 2));
    const confirmed = ledger.confirm([
      echoOf(1),
      streamState('users', 2, { id: 2, destinationStats: { recordCount: 1 } }),
    ]);
    const iterator = confirmed[Symbol.iterator]();
    expect(iterator.next().value).toMatchObject({ states: 1 });
    expect(() => iterator.next()).toThrow(
      expect.objectContaining({
        code: 'delivery_unconfirmed',
        message: 'destination-x: confirmed 1 records of users where 2 were sent',
      }),
    );
    expect(ledger.confirmed.get(users)).toBe(3);
  });

  it('accepts the count that the source declared, when the destination hands it back', () => {
    const { ledger, send, confirm } = open();
    ledger.sent(new Map([[users, 3]]));
    send(streamState('users', 1, { sourceStats: { recordCount: 100 } }));
    expect(confirm(streamState('users', 1, { id: 1, destinationStats: { recordCount: 100 } }))).toHaveLength(
      1,
    );
  });

  it('takes rejected records off the confirmed ones', () => {
    const { ledger, send, confirm } = open();
    ledger.sent(new Map([[users, 3]]));
    send(streamState('users', 1));
    confirm(streamState('users', 1, { id: 1, destinationStats: { rejectedRecordCount: 2 } }));
    expect(ledger.confirmed.get(users)).toBe(1);
    expect(ledger.rejected.get(users)).toBe(2);
  });

  it('keeps apart the rejected records of which a shared state does not say whose they were', () => {
    const { ledger, send, confirm } = open();
    ledger.sent(new Map([[users, 3]]));
    ledger.sent(new Map([[orders, 3]]));
    send(globalState(1));
    const echo = globalState(1);
    confirm({
      ...echo,
      state: { ...echo.state, destinationStats: { recordCount: 5, rejectedRecordCount: 1 } },
    });
    expect(ledger.rejected).toEqual(new Map([[undefined, 1]]));
  });

  it('ignores what is no state', () => {
    const { ledger } = open();
    expect([...ledger.confirm([rows('users', 3)])]).toEqual([]);
  });
});
