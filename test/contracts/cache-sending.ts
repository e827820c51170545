import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { getDestination, records } from '../../src/index.ts';
import type { Row } from '../../src/protocol/messages.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import type { CacheUnderTest } from './cache-contract.ts';
import { counting, idSchema } from './cache-sources.ts';
import { lineSchema, lineSource, sinkOf, undeclared, versions } from './sending-ends.ts';

/** What every cache does with what rests in it when it is sent on. */
export function describeSending({ engine, open }: CacheUnderTest): void {
  describe(`sending on from a cache in ${engine}`, () => {
    const folder = inNewHome();

    it('sends the records as they came: namespace, fields, spelling and milliseconds', async () => {
      const lines = [
        `{"type":"RECORD","record":{"namespace":"crm","stream":"People","data":{"Full Name":"Ada \\"A\\"","n":1.0,"at":"2026-01-01T10:30:00.120000+05:30","tags":[1.50,{"b":2,"a":1}]},"emitted_at":1700000000123}}`,
        `{"type":"RECORD","record":{"namespace":"crm","stream":"People","data":{"Full Name":null,"n":2,"at":"2026-01-01T00:00:00Z","tags":[]},"emitted_at":1700000000124}}`,
        `{"type":"RECORD","record":{"namespace":"crm","stream":"People","data":{"n":12345678901234567890,"more":{"x":1e3}},"emitted_at":1700000000125,"meta":{"changes":[{"field":"tags","change":"NULLED","reason":"SOURCE_FIELD_SIZE_LIMITATION"}]}}}`,
        `{"type":"RECORD","record":{"namespace":"crm","stream":"People","data":{"Full Name":"é 😀","n":0.1,"at":"1999-12-31T23:59:59.5Z","tags":null},"emitted_at":1700000000126}}`,
      ];
      const cache = open(folder(), 'exact');
      await lineSource('crm', 'People', lines).read(cache);
      const sink = sinkOf();
      const result = await getDestination(sink.program).write(cache);
      expect(result.records).toEqual({ read: 4, confirmed: 4, rejected: 0 });
      expect(sink.lines).toEqual(lines);
      expect(sink.streams[0]?.stream).toMatchObject({
        name: 'People',
        namespace: 'crm',
        json_schema: lineSchema,
      });
    });

    it('holds and sends streams that declare no fields, merged by a key of any type', async () => {
      const cache = open(folder(), 'open');
      const read = (ids: readonly unknown[], n: number) => undeclared(ids, n).read(cache);
      await read([1, 'a', 10], 9);
      await read([10, 'b'], 10);
      const rows = [
        { id: 1, n: 9 },
        { id: 'a', n: 9 },
        { id: 10, n: 10 },
        { id: 'b', n: 10 },
      ];
      expect(await (await cache.dataset('things')).toArray()).toEqual(rows);
      expect(await (await cache.dataset('loose')).toArray()).toEqual(rows.slice(2));
      const sink = sinkOf();
      await getDestination(sink.program).write(cache);
      const sent = (name: string) =>
        sink.rows.filter(({ stream }) => stream === name).map(({ data }) => data);
      expect([sent('things'), sent('loose')]).toEqual([rows, rows.slice(2)]);
    });

    it('refuses to send from a cache that holds nothing, and to read by options of a write', async () => {
      const cache = open(folder(), 'empty');
      await expect(getDestination(sinkOf().program).write(cache)).rejects.toMatchObject({
        code: 'input_invalid',
        message: expect.stringContaining('holds no streams yet'),
        guidance: expect.stringContaining('source.read(cache)'),
      });
      expect(await readdir(folder())).toEqual([]);
      const misspelt: object = { writeStratgy: 'append' };
      await expect(counting(1).read(cache, misspelt)).rejects.toMatchObject({
        message: expect.stringMatching(/^read source-counting into .* "writeStrategy"/),
        guidance: expect.not.stringContaining('ache'),
      });
    });

    it('sends only what the destination has not confirmed, in the order in which it came', async () => {
      const cache = open(folder(), 'new');
      const jsonl = () => getDestination('jsonl', { path: join(folder(), 'out') });
      await versions([1, 2, 3], 'a').read(cache);
      expect((await jsonl().write(cache)).records).toMatchObject({ read: 3, confirmed: 3 });
      expect((await jsonl().write(open(folder(), 'new'))).records.read).toBe(0);
      await versions([2, 4], 'b').read(cache);
      expect((await jsonl().write(cache)).records).toMatchObject({ read: 2, confirmed: 2 });
      expect(await written(folder(), 'things')).toEqual([
        { id: 1, v: 'a' },
        { id: 2, v: 'a' },
        { id: 3, v: 'a' },
        { id: 2, v: 'b' },
        { id: 4, v: 'b' },
      ]);
    });

    it('knows each destination by itself', async () => {
      const cache = open(folder(), 'two');
      await versions([1, 2], 'a').read(cache);
      const [one, other] = ['one', 'other'].map((name) =>
        getDestination('jsonl', { path: join(folder(), name) }),
      );
      expect((await one?.write(cache))?.records.confirmed).toBe(2);
      expect((await other?.write(cache))?.records.confirmed).toBe(2);
      expect((await one?.write(cache))?.records.confirmed).toBe(0);
    });

    it('goes on behind what was confirmed when a destination fails', async () => {
      const cache = open(folder(), 'failing');
      await versions([1, 2, 3], 'a', 'first').read(cache);
      await versions([1, 2, 3], 'a', 'second').read(cache);
      const failing = getDestination(sinkOf({ failsAtStream: 'second' }).program);
      await expect(failing.write(cache)).rejects.toMatchObject({ result: { records: { confirmed: 3 } } });
      const sink = sinkOf();
      await getDestination(sink.program).write(cache);
      expect(sink.rows.map(({ stream }) => stream)).toEqual(['second', 'second', 'second']);
    });

    it('sends of a read result the streams that were read', async () => {
      const cache = open(folder(), 'result');
      await versions([1], 'a', 'first').read(cache);
      const result = await versions([1, 2], 'a', 'second').read(cache);
      const sink = sinkOf();
      const destination = getDestination(sink.program);
      expect(Object.keys((await destination.write(result)).streams)).toEqual(['second']);
      await expect(destination.write(result, { cache })).rejects.toMatchObject({
        code: 'input_invalid',
        message: expect.stringContaining('a read result has its cache'),
      });
    });

    it('keeps its state elsewhere where told, or not at all', async () => {
      const cache = open(folder(), 'elsewhere');
      await versions([1, 2], 'a').read(cache);
      const write = (stateCache: ReturnType<typeof open> | false | undefined) =>
        getDestination('jsonl', { path: join(folder(), 'out') }).write(cache, { stateCache });
      expect((await write(false)).records.read).toBe(2);
      expect((await write(false)).records.read).toBe(2);
      const memory = open(folder(), 'memory');
      expect((await write(memory)).records.read).toBe(2);
      expect((await write(memory)).records.read).toBe(0);
      expect((await write(undefined)).records.read).toBe(2);
    });

    it('replaces in the destination what was replaced in the cache, and only then', async () => {
      const cache = open(folder(), 'replaced');
      const sink = sinkOf();
      const destination = getDestination(sink.program);
      const numbers = (rows: readonly Row[]) => records('numbers', rows, { schema: idSchema }).read(cache);
      await numbers([{ id: 1 }, { id: 2 }]);
      await destination.write(cache);
      expect((await destination.write(cache)).records.read).toBe(0);
      await numbers([{ id: 3 }]);
      expect((await destination.write(cache)).records.confirmed).toBe(1);
      await numbers([]);
      expect((await destination.write(cache)).records.confirmed).toBe(0);
      expect(sink.streams.map((one) => [one.destination_sync_mode, one.minimum_generation_id])).toEqual([
        ['overwrite', 1],
        ['append', 0],
        ['overwrite', 2],
        ['overwrite', 3],
      ]);
    });

    it('sends all of a stream that was dropped and read anew', async () => {
      const cache = open(folder(), 'anew');
      const sink = sinkOf();
      const destination = getDestination(sink.program);
      await versions([1, 2, 3], 'a').read(cache);
      await destination.write(cache);
      await cache.drop('things');
      await versions([1], 'b').read(cache);
      const result = await destination.write(cache);
      expect(result.warnings.map(({ code }) => code)).toEqual(['stream_restarted']);
      expect(sink.rows.at(-1)).toEqual({ stream: 'things', data: { id: 1, v: 'b' } });
      expect(sink.streams.map(({ generation_id }) => generation_id)).toEqual([1, 2]);
      expect((await destination.write(cache)).records.read).toBe(0);
    });

    it('sends everything again when told to', async () => {
      const cache = open(folder(), 'forced');
      const destination = getDestination('jsonl', { path: join(folder(), 'out') });
      await versions([1, 2], 'a').read(cache);
      await destination.write(cache);
      expect((await destination.write(cache, { forceFullRefresh: true })).records.confirmed).toBe(2);
    });

    it('takes a source by way of the cache, and says what both legs have done', async () => {
      const cache = open(folder(), 'legs');
      const sink = sinkOf();
      const destination = getDestination(sink.program);
      const first = await destination.write(counting(4), { cache });
      expect(first.records).toEqual({ read: 4, confirmed: 4, rejected: 0 });
      expect(first.streams['counted']).toMatchObject({ read: 4, confirmed: 4, status: 'complete' });
      expect((await destination.write(counting(4), { cache })).records).toMatchObject({
        read: 0,
        confirmed: 0,
      });
      expect((await destination.write(counting(6), { cache })).records).toMatchObject({
        read: 2,
        confirmed: 2,
      });
      expect(sink.rows.map(({ data }) => data['id'])).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await (await cache.dataset('counted')).count()).toBe(6);
    });

    it('keeps what the first leg has read when the second fails, and reads none of it again', async () => {
      const cache = open(folder(), 'half');
      const failing = sinkOf({ failsAtStream: 'counted' });
      await expect(
        getDestination(failing.program).write(counting(4), { cache, connection: 'half' }),
      ).rejects.toMatchObject({
        message: expect.stringContaining('will not'),
        result: { records: { read: 4, confirmed: 0 } },
      });
      const sink = sinkOf();
      const result = await getDestination(sink.program).write(counting(4), { cache, connection: 'half' });
      expect(result.records).toEqual({ read: 0, confirmed: 4, rejected: 0 });
      expect(sink.rows.length).toBe(4);
    });

    it('refuses what the destination cannot do before it reads the source', async () => {
      const cache = open(folder(), 'early');
      const { program } = sinkOf();
      const destination = getDestination({
        ...program,
        spec: { ...program.spec, supported_destination_sync_modes: ['append'] },
      });
      await expect(destination.write(counting(2), { cache, writeStrategy: 'replace' })).rejects.toMatchObject(
        { code: 'input_invalid' },
      );
      expect(await cache.streams()).toEqual([]);
    });
  });
}

async function written(folder: string, stream: string): Promise<readonly unknown[]> {
  const text = await readFile(join(folder, 'out', `${stream}.jsonl`), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}
