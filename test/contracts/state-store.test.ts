import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Cache } from '../../src/caches/cache.ts';
import { DuckDBCache } from '../../src/caches/duckdb.ts';
import { SQLiteCache } from '../../src/caches/sqlite.ts';
import { StateFolder } from '../../src/caches/state-folder.ts';
import { cacheIn, runningServer } from '../postgres/engine.ts';
import { describeStateStore } from './state-store-contract.ts';

describeStateStore('StateFolder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'states-'));
  return {
    again: () => new StateFolder({ folder }),
    archive: () => new StateFolder({ folder }),
    async [Symbol.asyncDispose]() {
      const left = (await readdir(folder)).filter((name) => !name.endsWith('.json'));
      await rm(folder, { recursive: true });
      expect(left).toEqual([]);
    },
  };
});

const server = runningServer();
describeStateStore('PostgresCache', async () => {
  const name = randomUUID();
  return {
    again: () => cacheIn(server(), { folder: '', name }),
    archive: () => cacheIn(server(), { folder: '', name }).archive,
    async [Symbol.asyncDispose]() {},
  };
});
describeStateStore('DuckDBCache', () => inFile((dbPath) => new DuckDBCache({ dbPath })));
describeStateStore('SQLiteCache', () => inFile((dbPath) => new SQLiteCache({ dbPath })));

/** A cache as a store of states, in a folder that holds nothing else. */
async function inFile(open: (dbPath: string) => Cache) {
  const folder = await mkdtemp(join(tmpdir(), 'states-'));
  return {
    again: () => open(join(folder, 'states.db')),
    archive: () => open(join(folder, 'states.db')).archive,
    async [Symbol.asyncDispose]() {
      const left = await readdir(folder);
      await rm(folder, { recursive: true });
      expect(left.filter((name) => name !== 'states.db')).toEqual([]);
    },
  };
}
