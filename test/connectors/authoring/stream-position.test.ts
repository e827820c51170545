import { describe, expect, it } from 'vitest';
import type { StreamDefinition } from '../../../src/connectors/authoring/define-source.ts';
import { checkpoint } from '../../../src/connectors/authoring/stream-position.ts';
import { StateDamagedError } from '../../../src/errors.ts';
import { read, statesOf, told } from './reading.ts';

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ id: from + index, at: from + index }));

describe('a saved state', () => {
  it.each([['text'], [[1]], [{ page: 3 }]])(
    'that a stream does not understand is damaged, and no reason to start anew in silence: %j',
    async (stream_state) => {
      const reading = read({ cursor: 'at', read: () => [{ at: 1 }] }, [
        {
          type: 'STATE',
          state: { type: 'STREAM', stream: { stream_descriptor: { name: 'a' }, stream_state } },
        },
      ]);
      await expect(reading).rejects.toThrow(StateDamagedError);
      await expect(reading).rejects.toThrow('mine: the saved state of a is not one of its own');
    },
  );
});

describe('a cursor', () => {
  it('is remembered at the end, and given to the next reading', async () => {
    const first = await read({ cursor: 'at', read: () => [{ at: 3 }, { at: 5 }, { at: 4 }, { at: null }] });
    expect(told(first)).toEqual(['STARTED', 4, { cursor: 5, rows: 4 }, 'COMPLETE']);
    let given: unknown;
    const again = await read(
      {
        cursor: 'at',
        read: ({ since }) => {
          given = since;
          return [];
        },
      },
      statesOf(first),
    );
    expect(given).toBe(5);
    expect(told(again)).toEqual(['STARTED', { cursor: 5, rows: 0 }, 'COMPLETE']);
  });

  it('is not given to a full refresh', async () => {
    const first = await read({ cursor: 'at', read: () => [{ at: 3 }] });
    let given: unknown = 'nothing';
    await read(
      {
        cursor: 'at',
        read: ({ since }) => {
          given = since;
          return [];
        },
      },
      statesOf(first),
      'full_refresh',
    );
    expect(given).toBeUndefined();
  });

  it('is remembered on the way only where rows come in its order, and where its value changes', async () => {
    const rows = [...numbers(1, 999), { at: 1000 }, { at: 1000 }, { at: 1001 }];
    expect(told(await read({ cursor: 'at', isOrdered: true, read: () => rows }))).toEqual([
      'STARTED',
      500,
      500,
      1,
      { cursor: 1000, rows: 1001 },
      1,
      { cursor: 1001, rows: 1 },
      'COMPLETE',
    ]);
    expect(told(await read({ cursor: 'at', read: () => rows }))).toEqual([
      'STARTED',
      500,
      500,
      2,
      { cursor: 1001, rows: 1002 },
      'COMPLETE',
    ]);
  });

  it('that goes back where order was promised is an error', async () => {
    await expect(read({ cursor: 'at', isOrdered: true, read: () => [{ at: 2 }, { at: 1 }] })).rejects.toThrow(
      'a row came whose cursor is smaller than the one before',
    );
  });

  it.each([
    [[{ at: '2020-01-02' }, { at: '2020-01-01' }], '2020-01-02'],
    [[{ at: 5n }, { at: 6 }], 6],
    [[{ at: new Date(0) }], '1970-01-01T00:00:00.000Z'],
    [[{ at: 9007199254740993n }], 9007199254740993n],
  ])('may be text, a number or a time (%#)', async (rows, cursor) => {
    expect(told(await read({ cursor: 'at', read: () => rows }))).toContainEqual({
      cursor,
      rows: rows.length,
    });
  });

  it('may be nested', async () => {
    const rows = [{ meta: { at: 1 } }, { meta: null }, {}];
    expect(told(await read({ cursor: ['meta', 'at'], read: () => rows }))).toContainEqual({
      cursor: 1,
      rows: 3,
    });
  });

  it('that changes its type is an error', async () => {
    await expect(read({ cursor: 'at', read: () => [{ at: 2 }, { at: 'x' }] })).rejects.toThrow(
      'cannot be compared',
    );
  });
});

describe('a checkpoint', () => {
  const pages: Partial<StreamDefinition> = {
    hasCheckpoints: true,
    *read({ checkpoint: saved }) {
      for (let page = Number(Object(saved).page ?? 0) + 1; page <= 3; page += 1) {
        yield { page };
        yield checkpoint({ page });
      }
    },
  };

  it('becomes a state after the rows before it, and is given to the next reading', async () => {
    const first = await read(pages);
    expect(told(first)).toEqual([
      'STARTED',
      1,
      { checkpoint: { page: 1 }, rows: 1 },
      1,
      { checkpoint: { page: 2 }, rows: 1 },
      1,
      { checkpoint: { page: 3 }, rows: 1 },
      { checkpoint: { page: 3 }, rows: 0 },
      'COMPLETE',
    ]);
    expect(told(await read(pages, statesOf(first).slice(0, 2)))).toContainEqual({
      checkpoint: { page: 3 },
      rows: 1,
    });
    expect(told(await read(pages, statesOf(first)))).toEqual([
      'STARTED',
      { checkpoint: { page: 3 }, rows: 0 },
      'COMPLETE',
    ]);
  });

  it('does not hold a cursor that a smaller value might follow', async () => {
    const items = await read({ cursor: 'at', read: () => [{ at: 9 }, checkpoint(1), { at: 2 }] });
    expect(told(items)).toEqual([
      'STARTED',
      1,
      { checkpoint: 1, rows: 1 },
      1,
      { checkpoint: 1, cursor: 9, rows: 1 },
      'COMPLETE',
    ]);
  });
});
