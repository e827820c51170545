import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cache } from '../../src/caches/cache.ts';
import { DuckDBCache } from '../../src/caches/duckdb.ts';
import { PostgresCache } from '../../src/caches/postgres.ts';
import { SQLiteCache } from '../../src/caches/sqlite.ts';
import type { ConnectionId } from '../../src/protocol/flow.ts';
import { sql } from '../../src/sql/sql.ts';
import { type Random, randomFrom } from '../chaos/random.ts';
import { runningServer } from '../postgres/engine.ts';

const seed = Number(process.env['SLUICE_CHAOS_SEED'] ?? Date.now() % 1_000_000);
const kills = Number(process.env['SLUICE_CACHE_KILLS'] ?? 12);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-kill-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const server = runningServer();
const dbPath = () => join(folder, 'killed.db');
const inServer = () => {
  const { host, port } = server();
  return { host, port, username: 'postgres', database: 'postgres', schemaName: 'killed' };
};

/** By the names of their classes, which the program that is killed takes as well. */
const engines = {
  DuckDBCache: {
    options: () => ({ dbPath: dbPath() }),
    open: (): Cache => new DuckDBCache({ dbPath: dbPath() }),
    settled: async () => {},
  },
  SQLiteCache: {
    options: () => ({ dbPath: dbPath() }),
    open: (): Cache => new SQLiteCache({ dbPath: dbPath() }),
    settled: async () => {},
  },
  PostgresCache: {
    options: inServer,
    open: (): Cache => new PostgresCache(inServer()),
    /** The server may still be at what it was told last, and then find nobody to answer. */
    settled: () =>
      server().query(`DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE 'sluice%')
        LOOP PERFORM pg_sleep(0.002), pg_stat_clear_snapshot(); END LOOP; END $$`),
  },
} as const;

describe.each(Object.keys(engines) as Engine[])(
  `SIGKILL of a read into a %s at random moments, ${kills} times (SLUICE_CHAOS_SEED=${seed})`,
  (engine) => {
    it(
      'keeps every record exactly once, with a state that says what is there',
      async () => {
        const random = randomFrom(seed);
        let count = 0;
        let killed = 0;
        let latest = 0;
        while (killed < kills) {
          count += 500;
          for (;;) {
            const ended = await readOnce(engine, count, momentOf(random));
            await engines[engine].settled();
            const held = await holdingsOf(engines[engine].open());
            expectConsistent(held);
            expect([latest, count]).toContain(held.latest.count);
            if (ended === 'killed') killed += 1;
            else {
              latest = count;
              expect(held).toEqual({
                items: { rows: count, distinct: count, greatest: count, saved: count },
                things: { rows: count / 10, distinct: count / 10, versions: count / 10, saved: count },
                latest: { rows: 500, distinct: 500, counts: 1, count },
              });
              break;
            }
          }
        }
        expect(await readdir(join(folder, 'tmp')).catch(() => [])).toEqual([]);
        expect((await readdir(folder)).filter((name) => name.endsWith('.lock'))).toEqual([]);
      },
      Math.max(600_000, 20_000 * kills),
    );
  },
);

/** After so many signs of life the read is killed; a whole one gives about 35, so that some come to their end. */
function momentOf(random: Random): number {
  return Math.floor(1 + random(60));
}

type Engine = keyof typeof engines;

async function readOnce(engine: Engine, count: number, after: number): Promise<'killed' | 'whole'> {
  const options = JSON.stringify(engines[engine].options());
  const child = spawn(process.execPath, [program, library, engine, options, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], SLUICE_DIR: join(folder, 'home'), TMPDIR: tmpdir() },
  });
  const closed = once(child, 'close');
  let signs = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    signs += 1;
    if (signs === after) child.kill('SIGKILL');
  }
  const [exitCode, signal] = await closed;
  if (signal === 'SIGKILL') return 'killed';
  expect(exitCode).toBe(0);
  return 'whole';
}

const program = join(import.meta.dirname, 'killed-read.mjs');
const library = join(import.meta.dirname, '..', '..', 'dist', 'index.js');

/** What the cache holds: the rows of each stream, and how far its state says that it came. */
async function holdingsOf(cache: Cache) {
  const present = new Set((await cache.streams()).map(({ label }) => label));
  const saved = new Map<string, number>();
  {
    await using memory = await cache.open('killed' as ConnectionId);
    for (const { state } of memory.states) {
      const { stream_descriptor, stream_state } = state.stream ?? expect.fail('not a state of a stream');
      saved.set(stream_descriptor.name, (stream_state as { checkpoint: number }).checkpoint);
    }
  }
  const [items] = present.has('items')
    ? await cache.query(sql`select count(*) as n, count(distinct id) as d, max(id) as m from items`).toArray()
    : [];
  const [things] = present.has('things')
    ? await cache
        .query(
          sql`select count(*) as n, count(distinct id) as d, count(*) filter (where version = 9) as v from things`,
        )
        .toArray()
    : [];
  const [latest] = present.has('latest')
    ? await cache
        .query(
          sql`select count(*) as n, count(distinct id) as d, count(distinct count) as c, max(count) as m from latest`,
        )
        .toArray()
    : [];
  return {
    items: {
      rows: Number(items?.['n'] ?? 0),
      distinct: Number(items?.['d'] ?? 0),
      greatest: Number(items?.['m'] ?? 0),
      saved: saved.get('items') ?? 0,
    },
    things: {
      rows: Number(things?.['n'] ?? 0),
      distinct: Number(things?.['d'] ?? 0),
      versions: Number(things?.['v'] ?? 0),
      saved: saved.get('things') ?? 0,
    },
    latest: {
      rows: Number(latest?.['n'] ?? 0),
      distinct: Number(latest?.['d'] ?? 0),
      counts: Number(latest?.['c'] ?? 0),
      count: Number(latest?.['m'] ?? 0),
    },
  };
}

function expectConsistent({ items, things, latest }: Awaited<ReturnType<typeof holdingsOf>>): void {
  expect(items).toEqual({
    rows: items.saved,
    distinct: items.saved,
    greatest: items.saved,
    saved: items.saved,
  });
  expect(things).toEqual({
    rows: Math.ceil(things.saved / 10),
    distinct: Math.ceil(things.saved / 10),
    versions: Math.floor(things.saved / 10),
    saved: things.saved,
  });
  expect(latest).toEqual({
    rows: latest.count === 0 ? 0 : 500,
    distinct: latest.count === 0 ? 0 : 500,
    counts: latest.count === 0 ? 0 : 1,
    count: latest.count,
  });
}
