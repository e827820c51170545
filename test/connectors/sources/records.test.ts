import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordsProgram } from '../../../src/connectors/sources/records.ts';
import type { Rows } from '../../../src/connectors/sources/records-rows.ts';
import { InputError } from '../../../src/errors.ts';
import type { ConnectorProgram, FlowItem } from '../../../src/protocol/flow.ts';
import { LosslessNumber, parseLossless } from '../../../src/protocol/lossless-json.ts';
import type { StateMessage } from '../../../src/protocol/messages.ts';
import {
  collect,
  collectFailing,
  configured,
  executionOptions,
  linesIn,
  read,
  rowsIn,
  stateOf,
  statesIn,
} from '../program-run.ts';

const three = [{ id: 1 }, { id: 2 }, { id: 3 }];

describe('rows at hand', () => {
  const makes: readonly (readonly [string, () => Rows])[] = [
    ['an array', () => three],
    ['a set', () => new Set(three)],
    ['a generator', () => three.values()],
    ['an async generator', () => slowly(three)],
    ['a stream of objects', () => Readable.from(three)],
    ['a web stream', () => Readable.toWeb(Readable.from(three)) as unknown as AsyncIterable<unknown>],
    ['a function that gives an array', () => () => three],
    ['a function that gives a generator', () => () => slowly(three)],
    ['a function that gives a promise', () => async () => three],
  ];

  it.each(makes)('may be %s, and are whole also after a look at them', async (_, make) => {
    const program = recordsProgram('numbers', make());
    await program.discover?.({}, executionOptions());
    await program.discover?.({}, executionOptions());
    expect(rowsIn(await run(program))['numbers']).toEqual(three);
  });

  it('may be a map, whose entries become keys and values', async () => {
    const program = recordsProgram('ages', new Map([['ada', 36]]));
    expect(rowsIn(await run(program))['ages']).toEqual([{ key: 'ada', value: 36 }]);
  });

  it('may be values that are no objects', async () => {
    const program = recordsProgram('values', [7, 'text', true, null, 10n ** 30n, [1, 2]]);
    expect(linesIn(await run(program)).match(/"data":(.*),/g)).toEqual(
      ['7', '"text"', 'true', 'null', `1${'0'.repeat(30)}`, '[1,2]'].map(
        (value) => `"data":{"value":${value}},`,
      ),
    );
  });

  it('are read anew each time from what can be iterated again', async () => {
    const program = recordsProgram('numbers', () => slowly(three));
    expect(rowsIn(await run(program))).toEqual(rowsIn(await run(program)));
  });

  it('can be read once only from what is used up by reading', async () => {
    const program = recordsProgram('numbers', slowly(three), { schema: {} });
    await run(program);
    const second = await collectFailing(read(program, {}, { catalog: await configured(program, {}) }));
    expect(second.error).toBeInstanceOf(InputError);
    expect(second.error).toMatchObject({ message: expect.stringContaining('can be read only once') });
  });

  it('are refused where they cannot be iterated', () => {
    for (const rows of ['text', 7, null, undefined, { id: 1 }]) {
      expect(() => recordsProgram('x', rows as unknown as Rows)).toThrow(InputError);
    }
  });

  it('are let go of when the reader leaves', async () => {
    let isClosed = false;
    async function* endless() {
      try {
        for (;;) yield { id: 1 };
      } finally {
        isClosed = true;
      }
    }
    const program = recordsProgram('endless', endless());
    for await (const items of read(program, {}, { catalog: await configured(program, {}) })) {
      if (items.some(({ type }) => type === 'RECORDS')) break;
    }
    await expect.poll(() => isClosed).toBe(true);
  });

  it('go on while more are waited for', async () => {
    const { promise: never } = withResolver();
    async function* stuck() {
      yield { id: 1 };
      await never;
    }
    const program = recordsProgram('stuck', stuck(), { schema: {} });
    for await (const items of read(program, {}, { catalog: await configured(program, {}) })) {
      const rows = rowsIn(items)['stuck'];
      if (rows === undefined) continue;
      expect(rows).toEqual([{ id: 1 }]);
      break;
    }
  });

  it('come in the order and the number in which they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3000 }), fc.boolean(), async (count, isAsync) => {
        const rows = Array.from({ length: count }, (_, id) => ({ id }));
        const program = recordsProgram('numbers', isAsync ? slowly(rows) : rows);
        expect(rowsIn(await run(program))['numbers'] ?? []).toEqual(rows);
      }),
      { numRuns: 15 },
    );
  });
});

describe('a row', () => {
  it('keeps what JSON can hold and turns the rest into it', async () => {
    const row = {
      time: new Date('2026-01-02T03:04:05.678Z'),
      bytes: Buffer.from('hello'),
      view: new Uint8Array([1, 2, 3]),
      absent: undefined,
      big: 12345678901234567890n,
      exact: new LosslessNumber('1.00'),
      custom: { toJSON: () => ({ inner: 5n }) },
      list: [undefined, new Date(0)],
      nested: { absent: undefined, deep: { value: 1.5 } },
    };
    expect(linesIn(await run(recordsProgram('x', [row])))).toContain(
      '"data":{"time":"2026-01-02T03:04:05.678Z","bytes":"aGVsbG8=","view":"AQID","big":12345678901234567890,' +
        '"exact":1.00,"custom":{"inner":5},"list":[null,"1970-01-01T00:00:00.000Z"],"nested":{"deep":{"value":1.5}}}',
    );
  });

  it('that was parsed without loss is written as it was', async () => {
    const text = '{"b":1.0,"a":123456789012345678901234567890,"2":1e3}';
    expect(linesIn(await run(recordsProgram('x', [parseLossless(text)])))).toContain(`"data":${text}`);
  });

  const circular: { self?: unknown } = {};
  circular.self = circular;
  it.each([
    ['NaN', { a: { b: [1, Number.NaN] } }, 'has NaN in "a.b.1"'],
    ['Infinity', { a: Number.POSITIVE_INFINITY }, 'has Infinity in "a"'],
    ['a map', { a: new Map() }, 'has a value of type Map in "a"'],
    ['a set', { a: new Set() }, 'has a value of type Set in "a"'],
    ['a function', { a: () => 1 }, 'has a function in "a"'],
    ['a symbol', { a: Symbol('s') }, 'has a symbol in "a"'],
    ['an invalid date', { a: new Date(Number.NaN) }, 'has an invalid date in "a"'],
    ['an error', { a: new Error('e') }, 'has a value of type Error in "a"'],
    ['a typed array', { a: new Float64Array(1) }, 'has a value of type Float64Array in "a"'],
    ['itself', circular, 'has an object that holds itself in "self"'],
    ['nothing', undefined, 'is undefined'],
  ])('cannot hold %s: the error names the row and the field', async (_, row, text) => {
    const program = recordsProgram('users', [{ a: 1 }, row], { schema: {} });
    const { error } = await collectFailing(read(program, {}, { catalog: await configured(program, {}) }));
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ message: `records "users": row 2 ${text}, which JSON cannot hold` });
  });
});

describe('rows with a cursor', () => {
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    ['numbers', [1, 9, 10]],
    ['integers beyond 2^53', [2n ** 60n, 2n ** 60n + 1n, 2n ** 60n + 2n]],
    ['text', ['a', 'b', 'ba']],
    ['dates', [new Date(1), new Date(1e9), new Date(1e12)]],
  ];

  it.each(cases)('are sent only beyond what was delivered: %s', async (_, values) => {
    const rows = values.map((at, index) => ({ at, index }));
    const states = statesIn(await run(recordsProgram('x', rows.slice(0, 2), { cursor: 'at' })));
    const next = await run(recordsProgram('x', rows.toReversed(), { cursor: 'at' }), states);
    expect(rowsIn(next)['x']?.map(({ index }) => index)).toEqual([2]);
    expect(rowsIn(await run(recordsProgram('x', rows, { cursor: 'at' }), statesIn(next)))).toEqual({});
  });

  it('are sent each time where they have no value of it', async () => {
    const rows = [{ at: null, id: 1 }, { id: 2 }, { at: 1, id: 3 }];
    const again = await run(recordsProgram('x', rows, { cursor: 'at' }), [stateOf('x', { cursor: 1 })]);
    expect(rowsIn(again)['x']?.map(({ id }) => id)).toEqual([1, 2]);
  });

  it('are all sent in a full refresh', async () => {
    const program = recordsProgram('x', three, { cursor: 'id' });
    const catalog = await configured(program, {}, { sync_mode: 'full_refresh' });
    const items = await collect(read(program, {}, { catalog, states: [stateOf('x', { cursor: 3 })] }));
    expect(rowsIn(items)['x']).toEqual(three);
  });

  it('have states on the way only where they are sorted, never between equal values', async () => {
    const sorted = Array.from({ length: 5000 }, (_, index) => ({ at: Math.floor(index / 3), index }));
    const whole = await run(recordsProgram('x', sorted, { cursor: 'at' }));
    expect(statesIn(whole).length).toBeGreaterThan(3);
    for (const state of statesIn(whole)) {
      const before = whole.slice(0, whole.indexOf(state));
      const after = await run(recordsProgram('x', sorted, { cursor: 'at' }), [state]);
      expect([...(rowsIn(before)['x'] ?? []), ...(rowsIn(after)['x'] ?? [])]).toEqual(sorted);
    }
    expect(statesIn(await run(recordsProgram('x', sorted.toReversed(), { cursor: 'at' })))).toHaveLength(1);
    expect(statesIn(await run(recordsProgram('x', sorted.values(), { cursor: 'at' })))).toHaveLength(1);
  });
});

async function run(
  program: ConnectorProgram,
  states: readonly StateMessage[] = [],
): Promise<readonly FlowItem[]> {
  return collect(read(program, {}, { catalog: await configured(program, {}), states }));
}

async function* slowly<T>(rows: readonly T[]): AsyncGenerator<T> {
  for (const row of rows) yield row;
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
