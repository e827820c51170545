import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { StateFolder } from '../../src/caches/state-folder.ts';
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
