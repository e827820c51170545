import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowItem, Reader, Writer } from '../../src/protocol/flow.ts';
import type { StateMessage } from '../../src/protocol/messages.ts';
import { type State, streamOfState } from '../../src/protocol/state.ts';
import { sync } from '../../src/sync/sync.ts';
import { catalogOf, connection, globalState, readerOf, rows, streamState, writerOf } from '../sync/ends.ts';
import { memoryStore } from '../sync/memory-store.ts';

const streams = ['a', 'b'];
const recordsPerStream = 12;

/** One run: how its two ends behave, and after how many steps which of them breaks. */
const run = fc.record({
  batch: fc.integer({ min: 1, max: 4 }),
  stateEvery: fc.integer({ min: 1, max: 5 }),
  turn: fc.array(fc.nat({ max: 1 }), { minLength: 1, maxLength: 12 }),
  flushEvery: fc.integer({ min: 1, max: 9 }),
  keepsIds: fc.boolean(),
  doubles: fc.boolean(),
  coalesces: fc.boolean(),
  breaks: fc.constantFrom('source', 'destination', 'user' as const),
  after: fc.nat({ max: 30 }),
});
type Run = typeof run extends fc.Arbitrary<infer Value> ? Value : never;

describe('whatever breaks whenever, and however often', () => {
  it.each([
    ['STREAM', false],
    ['GLOBAL', true],
  ])('%s states are never ahead of the data, and going on from them loses nothing', async (_, isShared) => {
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 5 }), run, async (broken, last) => {
        const world = openWorld(isShared);
        for (const one of broken) {
          await world.run(one, { isWhole: false });
          world.expectNoStateAhead();
        }
        await world.run(last, { isWhole: true });
        world.expectNoStateAhead();
        world.expectAllThere();
      }),
      { numRuns: 150 },
    );
  });
});

type Positions = Readonly<Record<string, number>>;

function openWorld(isShared: boolean) {
  const states = memoryStore();
  const durable = new Map<string, Set<number>>(streams.map((name) => [name, new Set()]));

  async function one(how: Run, { isWhole }: { readonly isWhole: boolean }): Promise<void> {
    const stop = new AbortController();
    const breaking = steps(how.after, (end) => {
      if (isWhole || how.breaks !== end) return;
      if (end === 'user') stop.abort();
      else throw new Error(`${end} breaks`);
    });
    const syncing = sync({
      reader: source(how, isShared, breaking),
      writer: destination(how, durable, breaking),
      catalog: catalogOf(...streams),
      connection,
      states,
      signal: stop.signal,
    });
    if (isWhole) expect((await syncing).warnings).toEqual([]);
    else await syncing.catch(() => {});
  }

  return {
    run: one,
    expectNoStateAhead() {
      for (const [name, position] of Object.entries(positionsOf(states.saved))) {
        for (let id = 0; id < position; id += 1) expect(durable.get(name)?.has(id)).toBe(true);
      }
    },
    expectAllThere() {
      for (const name of streams) {
        expect(durable.get(name)?.size).toBe(recordsPerStream);
        expect(positionsOf(states.saved)[name]).toBe(recordsPerStream);
      }
    },
  };
}

/** Breaks whatever asks at the given step. */
function steps(after: number, act: (end: Run['breaks']) => void): (end: Run['breaks']) => void {
  let step = 0;
  return (end) => {
    step += 1;
    if (step <= after) return;
    act('user');
    act(end);
  };
}

function source(how: Run, isShared: boolean, breaking: (end: Run['breaks']) => void): Reader {
  return readerOf(async function* (saved) {
    const positions: Record<string, number> = Object.fromEntries(streams.map((name) => [name, 0]));
    Object.assign(positions, positionsOf(saved.map(({ state }) => state)));
    const stateOf = (name: string) =>
      isShared ? globalState({ ...positions }) : streamState(name, { position: positions[name] });
    for (let turn = 0; streams.some((name) => isUnread(positions, name)); turn += 1) {
      breaking('source');
      const preferred = streams[how.turn[turn % how.turn.length] ?? 0] ?? 'a';
      const name = isUnread(positions, preferred)
        ? preferred
        : (streams.find((one) => one !== preferred) ?? 'a');
      const from = positions[name] ?? 0;
      const count = Math.min(how.batch, recordsPerStream - from);
      positions[name] = from + count;
      const items: FlowItem[] = [rows(name, count, from)];
      if (turn % how.stateEvery === 0 || !isUnread(positions, name)) items.push(stateOf(name));
      yield items;
    }
  });
}

function isUnread(positions: Positions, name: string): boolean {
  return (positions[name] ?? 0) < recordsPerStream;
}

/** Holds records and states back, and makes them durable so many items at a time; what it holds when it breaks is lost. */
function destination(
  how: Run,
  durable: ReadonlyMap<string, Set<number>>,
  breaking: (end: Run['breaks']) => void,
): Writer {
  return writerOf(async function* (input) {
    let held: FlowItem[] = [];
    const flush = () => {
      const states: StateMessage[] = [];
      for (const item of held) {
        if (item.type === 'STATE') states.push(item);
        if (item.type !== 'RECORDS') continue;
        for (const { record } of item.records()) durable.get(record.stream)?.add(Number(record.data['id']));
      }
      held = [];
      return echoed(how, states);
    };
    try {
      for await (const items of input) {
        held.push(...items);
        breaking('destination');
        if (held.length >= how.flushEvery) yield flush();
      }
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'source breaks') throw error;
      yield flush();
      throw error;
    }
    yield flush();
  });
}

function echoed(how: Run, states: readonly StateMessage[]): readonly StateMessage[] {
  const kept = how.coalesces
    ? [...new Map(states.map((one) => [streamOfState(one.state), one])).values()].reverse()
    : states;
  const spelled = kept.map(({ state }): StateMessage => {
    const { id, ...withoutId } = state;
    return { type: 'STATE', state: how.keepsIds ? { ...withoutId, id } : withoutId };
  });
  return how.doubles ? spelled.flatMap((one) => [one, one]) : spelled;
}

function positionsOf(states: readonly State[]): Positions {
  const positions: Record<string, number> = {};
  for (const { stream, global } of states) {
    if (global) Object.assign(positions, global.shared_state);
    else if (stream) {
      const { position } = stream.stream_state as { readonly position: number };
      positions[stream.stream_descriptor.name] = position;
    }
  }
  return positions;
}
