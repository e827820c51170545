import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGathering } from '../../src/caches/gathering.ts';
import type { Gathered } from '../../src/caches/pile.ts';
import { type StreamKey, streamKey } from '../../src/protocol/catalog.ts';
import { recordsOf } from '../../src/protocol/record-batch.ts';
import { makeRowMemory } from '../../src/sql/copying.ts';
import { encodeRows } from '../../src/sql/encode-rows.ts';

const users = streamKey({ name: 'users' });
const shops = streamKey({ name: 'shops' });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gathering-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function rows(name: string, from: number, to: number) {
  const ids = Array.from({ length: to - from }, (_, index) => ({ id: from + index }));
  return recordsOf({ name }, ids, 1);
}

const table = {
  schema: 'main',
  name: 'things',
  columns: [{ field: 'id', name: 'id', type: 'integer' }],
  primaryKey: [],
  cursor: undefined,
} as const;
const encoder = encodeRows(table, { syncId: 1, dialect: { holdsNul: true } });
const encoderOf = () => encoder;

async function idsIn(gathered: readonly Gathered[], stream: StreamKey): Promise<readonly number[]> {
  const ids: number[] = [];
  for (const { files } of gathered.filter((one) => one.stream === stream)) {
    for (const file of files) {
      const lines = (await readFile(file, 'utf8')).trim().split('\n');
      for (const line of lines) ids.push(Number.parseInt(line, 10));
    }
  }
  return ids;
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

describe.each([
  { where: 'in memory', memoryBytes: 1_000_000 },
  { where: 'in files', memoryBytes: 1 },
  { where: 'in both', memoryBytes: 150 },
  { where: 'in many files', memoryBytes: 1, sliceRows: 2 },
  { where: 'in memory, for many files', memoryBytes: 1_000_000, sliceRows: 2 },
])('records that wait $where', ({ memoryBytes, sliceRows }) => {
  it('are handed out once a state covers them, in order and once', async () => {
    const gathering = openGathering({ folder, encoderOf, memoryBytes, sliceRows });
    await gathering.add(rows('users', 0, 3));
    expect(gathering.coveredBytes).toBe(0);
    expect(await gathering.take()).toEqual([]);
    gathering.cover(users);
    await gathering.add(rows('users', 3, 5));
    const first = await gathering.take();
    expect(first.map((one) => one.rows)).toEqual([3]);
    expect(await idsIn(first, users)).toEqual(range(0, 3));
    await gathering.add(rows('users', 5, 9));
    gathering.cover(users);
    const second = await gathering.take();
    expect(second.map((one) => one.rows)).toEqual([6]);
    expect(await idsIn(second, users)).toEqual(range(3, 9));
    expect(await gathering.take()).toEqual([]);
    expect(gathering.bytes).toBe(0);
  });

  it('wait on while only another stream is covered, and a state of all streams covers all', async () => {
    const gathering = openGathering({ folder, encoderOf, memoryBytes, sliceRows });
    await gathering.add(rows('users', 0, 2));
    await gathering.add(rows('shops', 0, 2));
    gathering.cover(shops);
    expect((await gathering.take()).map(({ stream }) => stream)).toEqual([shops]);
    await gathering.add(rows('shops', 2, 4));
    gathering.cover(undefined);
    const taken = await gathering.take();
    expect(await idsIn(taken, users)).toEqual([0, 1]);
    expect(await idsIn(taken, shops)).toEqual([2, 3]);
  });

  it('lie in files that only their owner can read', async () => {
    const gathering = openGathering({ folder, encoderOf, memoryBytes, sliceRows });
    await gathering.add(rows('users', 0, 2));
    gathering.cover(users);
    await gathering.take();
    const names = await readdir(folder);
    const modes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mode & 0o777));
    expect(new Set(modes)).toEqual(new Set([0o600]));
  });
});

describe('a file of rows that wait', () => {
  it('holds no more rows than one thread of an engine is to load', async () => {
    const gathering = openGathering({ folder, encoderOf, sliceRows: 10 });
    for (let from = 0; from < 40; from += 4) await gathering.add(rows('users', from, from + 4));
    await gathering.add(rows('users', 40, 60));
    gathering.cover(users);
    const [gathered] = await gathering.take();
    const counts = await Promise.all(
      (gathered?.files ?? []).map(async (file) => (await readFile(file, 'utf8')).trim().split('\n').length),
    );
    expect(counts).toEqual([8, 8, 8, 8, 8, 20]);
    expect(gathered).toMatchObject({ rows: 60 });
  });
});

describe('any records, states and portions', () => {
  it('come out once and in order, with their number and their bytes', async () => {
    const steps = fc.array(
      fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({
            add: fc.constantFrom('users', 'shops'),
            count: fc.integer({ min: 1, max: 9 }),
          }),
        },
        fc.record({ cover: fc.constantFrom(users, shops, undefined) }),
        fc.constant('take' as const),
      ),
      { maxLength: 40 },
    );
    const limits = fc.record({
      memoryBytes: fc.integer({ min: 1, max: 2_000 }),
      sliceRows: fc.integer({ min: 1, max: 30 }),
    });
    await fc.assert(
      fc.asyncProperty(steps, limits, async (all, { memoryBytes, sliceRows }) => {
        const own = await mkdtemp(join(folder, 'run-'));
        const encoders = new Map(
          [users, shops].map((key) => [key, encodeRows(table, { syncId: 1, dialect: { holdsNul: true } })]),
        );
        const gathering = openGathering({
          folder: own,
          encoderOf: (key) => encoders.get(key),
          memoryBytes,
          sliceRows,
        });
        const model = { users: { added: 0, covered: 0 }, shops: { added: 0, covered: 0 } };
        const out: Record<'users' | 'shops', number[]> = { users: [], shops: [] };
        const take = async () => {
          for (const one of await gathering.take()) {
            const name = one.stream === users ? 'users' : 'shops';
            const ids = await idsIn([one], one.stream);
            expect(one.rows).toBe(ids.length);
            expect(one.first).toBe(out[name].length + 1);
            const sizes = await Promise.all(one.files.map(async (file) => (await stat(file)).size));
            expect(one.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
            out[name].push(...ids);
          }
          expect(out.users).toEqual(range(0, model.users.covered));
          expect(out.shops).toEqual(range(0, model.shops.covered));
        };
        for (const step of all) {
          if (step === 'take') await take();
          else if ('cover' in step) {
            gathering.cover(step.cover);
            if (step.cover !== shops) model.users.covered = model.users.added;
            if (step.cover !== users) model.shops.covered = model.shops.added;
          } else {
            const counts = model[step.add];
            await gathering.add(rows(step.add, counts.added, counts.added + step.count));
            counts.added += step.count;
          }
        }
        gathering.cover(undefined);
        model.users.covered = model.users.added;
        model.shops.covered = model.shops.added;
        await take();
        expect(gathering.bytes).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});

describe('memory that rows were written in', () => {
  it('is used again when they are in a file, and not before', async () => {
    const memory = makeRowMemory();
    const own = encodeRows(table, { syncId: 1, dialect: { holdsNul: true }, memory });
    const given = new Set<ArrayBufferLike>();
    const watched = (lines: Uint8Array) => {
      const encoded = own.encode(lines);
      given.add(encoded.bytes.buffer);
      return encoded;
    };
    const gathering = openGathering({
      folder,
      encoderOf: () => ({ encode: watched }),
      memory,
      memoryBytes: 500_000,
    });
    // Each of these fills more than half of a piece.
    for (let from = 0; from < 100_000; from += 5_000) await gathering.add(rows('users', from, from + 5_000));
    gathering.cover(users);
    expect(await idsIn(await gathering.take(), users)).toEqual(range(0, 100_000));
    expect(given.size).toBeLessThan(10);
  });
});
