import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { DuckDBCache } from '../../src/caches/duckdb.ts';
import { StateFolder } from '../../src/caches/state-folder.ts';
import { cacheIn, runningServer } from '../postgres/engine.ts';
import { describeStateStore } from './state-store-contract.ts';

describeStateStore('StateFolder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'states-'));
  return {
    again: () => new StateFolder({ folder }),
    async [Symbol.asyncDispose]() {
      const left = (await readdir(folder)).filter((name) => !name.endsWith('.json'));
      await rm(folder, { recursive: true });
      expect(left).toEqual([]);
    },
  };
});

describeStateStore('DuckDBCache', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'states-'));
  return {
    again: () => new DuckDBCache({ dbPath: join(folder, 'states.duckdb') }),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
    },
  };
});

const server = runningServer();
describeStateStore('PostgresCache', async () => {
  const name = randomUUID();
  return {
    again: () => cacheIn(server(), { folder: '', name }),
    async [Symbol.asyncDispose]() {},
  };
});
