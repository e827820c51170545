import { checkpoint, defineSource, getSource } from '../../src/index.ts';

/** A stream of numbers that remembers every second of them. */
export function counting(count: number, { failsAfter = Number.POSITIVE_INFINITY } = {}) {
  return getSource(
    defineSource({
      name: 'source-counting',
      streams: [
        {
          name: 'counted',
          schema: { type: 'object', properties: { id: { type: 'integer' } } },
          hasCheckpoints: true,
          *read({ checkpoint: done }) {
            for (let id = Number(done ?? 0) + 1; id <= count; id += 1) {
              yield { id };
              if (id >= failsAfter) throw new Error('broken');
              if (id % 2 === 0 || id === count) yield checkpoint(id);
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
