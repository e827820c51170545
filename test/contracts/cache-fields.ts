import { expect, it } from 'vitest';
import type { Cache } from '../../src/caches/cache.ts';
import { defineDestination, getDestination, records } from '../../src/index.ts';
import type { Row } from '../../src/protocol/messages.ts';

/** What every cache makes of fields that come and go. `open` opens a new cache. */
export function cacheFieldsContract(open: (name: string) => Cache): void {
  it('keeps, and sends on, what rows had of fields that are gone or were not there yet', async () => {
    const cache = open('fields');
    const integer = { type: ['null', 'integer'] };
    const add = (row: Row, ...fields: string[]) =>
      records('items', [row], {
        schema: { type: 'object', properties: Object.fromEntries(fields.map((name) => [name, integer])) },
      }).read(cache, { writeStrategy: 'append', connection: 'items' });
    const rows: Row[] = [
      { id: 1, y: 5 },
      { id: 2, y: null },
      { id: 3 },
      { id: 4, z: null },
      { id: 5, y: null, z: 1 },
    ];
    await add(rows[0] ?? {}, 'id', 'y');
    await add(rows[1] ?? {}, 'id', 'y');
    await add(rows[2] ?? {}, 'id');
    await add(rows[3] ?? {}, 'id', 'z');
    await add(rows[4] ?? {}, 'id', 'z', 'y');
    expect(await (await cache.dataset('items')).toArray()).toEqual(rows);

    const sent: Row[] = [];
    const sink = defineDestination({ name: 'destination-sink' }, async (batch) => {
      sent.push(...batch);
    });
    await getDestination(sink).write(cache);
    expect(sent).toEqual(rows);
  });
}
