import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StreamKey, streamKey } from '../../src/protocol/catalog.ts';
import type { StateMessage } from '../../src/protocol/messages.ts';
import { openLedger } from '../../src/sync/ledger.ts';
import { globalState, streamState } from '../sync/ends.ts';

const names = ['a', 'b', 'c'];

/** What a source does, or what a destination answers after it. */
type Step =
  | { readonly do: 'records'; readonly stream: number; readonly count: number }
  | { readonly do: 'state'; readonly stream: number }
  | { readonly do: 'confirm'; readonly stream: number; readonly upTo: number }
  | { readonly do: 'repeat'; readonly which: number };

const stream = fc.nat({ max: names.length - 1 });
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('records' as const), stream, count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constant('state' as const), stream }),
    fc.record({ do: fc.constant('confirm' as const), stream, upTo: fc.nat({ max: 4 }) }),
    fc.record({ do: fc.constant('repeat' as const), which: fc.nat({ max: 50 }) }),
  ),
  { maxLength: 80 },
);

/** How a destination spells its confirmations. */
const spelling = fc.record({
  keepsIds: fc.boolean(),
  counts: fc.constantFrom('none', 'own', 'sum'),
  addsNulls: fc.boolean(),
});

describe('for any records, states and confirmations that are late, coalesced, doubled or reordered across streams', () => {
  it.each([
    ['STREAM', false, false],
    ['GLOBAL', true, false],
    ['STREAM of equal content', false, true],
  ])(
    '%s states are never given out ahead of their data, never backwards, and in the end all',
    (_, isShared, isEqual) => {
      fc.assert(
        fc.property(steps, spelling, (course, how) => {
          const sim = simulate({ isShared, isEqual, ...how });
          for (const step of course) sim.take(step);
          sim.confirmAll();
          sim.expectAllConfirmed();
        }),
        { numRuns: 500 },
      );
    },
  );
});

interface Behaviour {
  readonly isShared: boolean;
  readonly isEqual: boolean;
  readonly keepsIds: boolean;
  readonly counts: string;
  readonly addsNulls: boolean;
}

/** A state in flight, as the model knows it: the records before it, by stream, and how many are its own. */
interface Sent {
  readonly message: StateMessage;
  readonly id: number;
  readonly before: ReadonlyMap<string, number>;
  readonly own: number;
}

function simulate({ isShared, isEqual, keepsIds, counts, addsNulls }: Behaviour) {
  const ledger = openLedger({
    source: 's',
    destination: 'd',
    onUnknown: () => expect.unreachable('a confirmation was not recognised'),
  });
  const sentRecords = new Map<string, number>();
  const sinceState = new Map<string, number>();
  const waiting = new Map<string, Sent[]>();
  const durable = new Map<string, number>();
  const given = new Map<string, number>();
  const known = new Map<StateMessage['state'], Sent>();
  const echoes: StateMessage[] = [];

  function take(step: Step): void {
    switch (step.do) {
      case 'records':
        sendRecords(nameOf(step.stream), step.count);
        break;
      case 'state':
        sendState(nameOf(step.stream));
        break;
      case 'confirm':
        confirm(isShared ? 'all' : nameOf(step.stream), step.upTo);
        break;
      case 'repeat': {
        const echo = echoes[step.which];
        // Equal states that come back twice without numbers cannot be told from two that come back once.
        if (echo !== undefined && (keepsIds || !isEqual)) hear(echo);
      }
    }
  }

  function sendRecords(name: string, count: number): void {
    sentRecords.set(name, (sentRecords.get(name) ?? 0) + count);
    sinceState.set(name, (sinceState.get(name) ?? 0) + count);
    ledger.sent(new Map([[keyOf(name), count]]));
  }

  function sendState(name: string): void {
    const position = isShared ? Object.fromEntries(sentRecords) : (sentRecords.get(name) ?? 0);
    const content = isEqual ? {} : { position };
    const message = isShared ? globalState(content) : streamState(name, content);
    const covered = isShared ? names : [name];
    const own = covered.reduce((sum, one) => sum + (sinceState.get(one) ?? 0), 0);
    for (const one of covered) sinceState.delete(one);
    const { id, recordCount } = ledger.enter(message);
    expect(recordCount).toBe(own);
    const sent = {
      message,
      id,
      own,
      before: new Map(covered.map((one) => [one, sentRecords.get(one) ?? 0])),
    };
    known.set(message.state, sent);
    const queue = isShared ? 'all' : name;
    waiting.set(queue, [...(waiting.get(queue) ?? []), sent]);
  }

  function confirm(queue: string, upTo: number): void {
    const states = waiting.get(queue) ?? [];
    const last = states[Math.min(upTo, states.length - 1)];
    if (last === undefined) return;
    const covered = states.slice(0, states.indexOf(last) + 1);
    waiting.set(queue, states.slice(covered.length));
    for (const [name, count] of last.before) durable.set(name, count);
    const sum = covered.reduce((total, one) => total + one.own, 0);
    const recordCount = { none: undefined, own: last.own, sum }[counts];
    const echo = spelled(last, recordCount);
    // Without numbers only one confirmation for each state can tell equal ones apart.
    if (isEqual && !keepsIds) for (const one of covered) hear(spelled(one, undefined));
    else hear(echo);
    echoes.push(echo);
  }

  function spelled({ message, id }: Sent, recordCount: number | undefined): StateMessage {
    return {
      type: 'STATE',
      state: {
        ...(addsNulls ? { global: null, stream: null, data: null, sourceStats: null } : {}),
        ...message.state,
        ...(keepsIds ? { id } : {}),
        ...(recordCount === undefined ? {} : { destinationStats: { recordCount } }),
      },
    };
  }

  function hear(echo: StateMessage): void {
    for (const { message } of ledger.confirm([echo])) {
      const sent = message === undefined ? undefined : known.get(message.state);
      expect(sent).toBeDefined();
      for (const [name, count] of sent?.before ?? []) {
        expect(count).toBeLessThanOrEqual(durable.get(name) ?? 0);
        expect(count).toBeGreaterThanOrEqual(given.get(name) ?? 0);
        given.set(name, count);
      }
    }
  }

  return {
    take,
    confirmAll() {
      for (const queue of waiting.keys()) confirm(queue, Number.POSITIVE_INFINITY);
    },
    expectAllConfirmed() {
      const { unspoken } = ledger.close();
      const counted = (counts: ReadonlyMap<StreamKey, number>) =>
        names.map((name) => counts.get(keyOf(name)) ?? 0);
      expect(counted(unspoken)).toEqual(names.map((name) => sinceState.get(name) ?? 0));
      expect(counted(ledger.confirmed)).toEqual(names.map((name) => sentRecords.get(name) ?? 0));
    },
  };
}

function nameOf(index: number): string {
  return names[index] ?? 'a';
}

function keyOf(name: string): StreamKey {
  return streamKey({ name });
}
