import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fakerCatalog } from '../src/connectors/sources/faker-catalog.ts';
import { startServer } from '../test/postgres/server.ts';
import { catSource } from './connectors.ts';
import { type Figure, perSecond, seconds } from './figure.ts';
import { cacheFolder, fakerInput } from './input.ts';
import { callSeconds, inTurn, type Program, peakMb, run } from './measure.ts';
import { type Bench, millions } from './relay.ts';

/** All that rests in a cache to a destination that throws it away, for each engine; the cache is filled before that. */
export async function sending({ library, records, times }: Bench): Promise<readonly Figure[]> {
  const executable = await catSource(await fakerInput(records), { catalog: fakerCatalog });
  await using server = await startServer({ settings: { shared_buffers: '512MB', max_wal_size: '4GB' } });
  const { host, port } = server;
  const caches = [
    { engine: 'DuckDB', cache: 'DuckDBCache', options: { dbPath: file('sending.duckdb') } },
    { engine: 'SQLite', cache: 'SQLiteCache', options: { dbPath: file('sending.sqlite') } },
    {
      engine: 'PostgreSQL',
      cache: 'PostgresCache',
      options: { host, port, username: 'postgres', database: 'postgres', schemaName: 'bench' },
    },
  ];
  const programs: Record<string, Program> = {};
  for (const { engine, cache, options } of caches) {
    const program = (task: object): Program => ({
      command: process.execPath,
      args: [
        join(import.meta.dirname, 'programs', 'send-cache.mjs'),
        library.index,
        JSON.stringify({ cache, options, ...task }),
      ],
      env: { SLUICE_DIR: join(cacheFolder, 'home') },
    });
    await run(program({ fill: executable }));
    programs[engine] = program({});
  }
  const runs = await inTurn(programs, times);
  return caches.map(({ engine }): Figure => {
    const mine = runs[engine] ?? [];
    const time = callSeconds(mine);
    const isDefault = engine === 'DuckDB';
    return {
      what: `${engine} cache to no-op, ${millions(records)} records: write() alone`,
      measured: `${seconds(time)}, ${perSecond(records, time)}`,
      memoryMb: peakMb(mine),
      ...(isDefault ? { aim: '≥ 300 k/s', reached: records / time >= 300_000 } : {}),
    };
  });
}

/** A file that is not there yet. */
function file(name: string): string {
  const path = join(cacheFolder, name);
  for (const suffix of ['', '.wal', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  return path;
}
