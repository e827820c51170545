import { checkpoint, defineSource, getSource } from '../../src/index.ts';

export const idSchema = { type: 'object', properties: { id: { type: 'integer' } } };

interface Counting {
  /** After how many numbers it says how far it has come. Default: every second one. */
  readonly every?: number;
  /** What happens before a number is told; it may fail. */
  readonly before?: (id: number) => unknown;
}

/** A stream of numbers that remembers how far it has come. */
export function counting(count: number, { every = 2, before = () => {} }: Counting = {}) {
  return getSource(
    defineSource({
      name: 'source-counting',
      streams: [
        {
          name: 'counted',
          schema: idSchema,
          hasCheckpoints: true,
          async *read({ checkpoint: done }) {
            for (let id = Number(done ?? 0) + 1; id <= count; id += 1) {
              await before(id);
              yield { id };
              if (id % every === 0 || id === count) yield checkpoint(id);
            }
          },
        },
      ],
    }),
  );
}

/** Rows with a key. */
export function keyed(rows: readonly Readonly<Record<string, unknown>>[]) {
  const properties = { id: { type: 'integer' }, v: { type: 'string' } };
  return getSource(
    defineSource({
      name: 'source-keyed',
      streams: [
        { name: 'keyed', primaryKey: 'id', schema: { type: 'object', properties }, read: () => rows },
      ],
    }),
  );
}

export function* failingAfter(rows: Iterable<unknown>): Generator<unknown> {
  yield* rows;
  throw new Error('broken');
}

export async function idsOf(
  rows: AsyncIterable<Readonly<Record<string, unknown>>> | undefined,
): Promise<unknown[]> {
  const ids: unknown[] = [];
  for await (const row of rows ?? []) ids.push(row['id']);
  return ids;
}
