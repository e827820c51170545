import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { getDestination, records, StateFolder } from '../../src/index.ts';
import type { ConnectionId } from '../../src/protocol/flow.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import type { CacheUnderTest } from './cache-contract.ts';
import { counting, idSchema } from './cache-sources.ts';
import { sinkOf, versions } from './sending-ends.ts';

/** What a cache does that was told to forget what was sent on. */
export function describeRetention({ engine, open }: CacheUnderTest): void {
  describe(`retention of a cache in ${engine}`, () => {
    const folder = inNewHome();
    const openForgetful = () => open(folder(), 'forgetful', { retention: 'unconfirmed' });

    it('forgets what its destination has confirmed, and sends what comes then', async () => {
      const cache = openForgetful();
      const sink = sinkOf();
      const destination = getDestination(sink.program);
      for (const count of [4, 6, 6, 9]) {
        await destination.write(counting(count), { cache });
        expect(await (await cache.dataset('counted')).count()).toBe(0);
      }
      expect(sink.rows.map(({ data }) => data['id'])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it('keeps what another destination lacks, wherever that one keeps its state', async () => {
      const cache = openForgetful();
      await counting(4).read(cache);
      const late = (options = {}) => getDestination(sinkOf(options).program);
      const elsewhere = {
        connection: 'late',
        stateCache: new StateFolder({ folder: join(folder(), 'states') }),
      };
      await expect(late({ failsAtStream: 'counted' }).write(cache, elsewhere)).rejects.toThrow('will not');
      await getDestination('jsonl', { path: join(folder(), 'out') }).write(cache);
      expect(await (await cache.dataset('counted')).count()).toBe(4);
      expect((await late().write(cache, elsewhere)).records.confirmed).toBe(4);
      expect(await (await cache.dataset('counted')).count()).toBe(0);
    });

    it('no longer waits for a destination whose state was cleared', async () => {
      const cache = openForgetful();
      await counting(4).read(cache);
      const gone = getDestination(sinkOf({ failsAtStream: 'counted' }).program);
      await expect(gone.write(cache, { connection: 'gone' })).rejects.toThrow('will not');
      expect(await cache.archive.clear('gone' as ConnectionId)).toBe(true);
      await getDestination('jsonl', { path: join(folder(), 'out') }).write(cache);
      expect(await (await cache.dataset('counted')).count()).toBe(0);
    });

    it('says what a later destination will never have, and replaces nothing with a rest', async () => {
      const cache = openForgetful();
      await getDestination('jsonl', { path: join(folder(), 'out') }).write(counting(4), { cache });
      await counting(6).read(cache);
      const sink = sinkOf();
      const { records: moved, warnings } = await getDestination(sink.program).write(cache);
      expect(moved.confirmed).toBe(2);
      expect(warnings.map(({ code }) => code)).toEqual(['rows_forgotten']);
      await expect(
        getDestination(sink.program).write(cache, { writeStrategy: 'replace', connection: 'other' }),
      ).rejects.toMatchObject({
        code: 'input_invalid',
        message: expect.stringContaining('has forgotten rows'),
      });
    });

    it('leaves streams that are replaced as a whole', async () => {
      const cache = openForgetful();
      const numbers = records('numbers', [{ id: 1 }, { id: 2 }], { schema: idSchema });
      await getDestination(sinkOf().program).write(numbers, { cache });
      expect(await (await cache.dataset('numbers')).count()).toBe(2);
    });

    it('refuses to merge', async () => {
      await expect(versions([1], 'a').read(openForgetful())).rejects.toMatchObject({
        code: 'input_invalid',
        message: expect.stringContaining('cannot merge'),
      });
    });
  });
}
