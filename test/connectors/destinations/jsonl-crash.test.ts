import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { destinationJsonl } from '../../../src/connectors/destinations/jsonl.ts';
import { StorageError } from '../../../src/errors.ts';
import { recordsOf } from '../../../src/protocol/record-batch.ts';
import { collect, collectFailing, flowOf, stateOf, statesIn, write } from '../program-run.ts';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'sluice-jsonl-'));
});
afterEach(() => rm(path, { recursive: true, force: true }));

const catalog = {
  streams: [
    {
      stream: { name: 'users', json_schema: {} },
      sync_mode: 'full_refresh',
      destination_sync_mode: 'append',
    },
  ],
} as const;
const oneMore = () => [recordsOf({ name: 'users' }, [{ id: 'last' }], 1), stateOf('users', 1)];

describe('a run of destination-jsonl that is killed', () => {
  it('leaves every confirmed line, and the next one goes on behind them', async () => {
    for (const confirmations of [1, 2, 3]) {
      const confirmed = await killedAfter(confirmations);
      await collect(write(destinationJsonl, { path }, { catalog, input: flowOf(oneMore()) }));
      const lines = (await readFile(join(path, 'users.jsonl'), 'utf8')).split('\n');
      const ids = lines.slice(0, -1).map((line) => JSON.parse(line).id);
      expect(ids.length).toBeGreaterThan(confirmed);
      expect(ids).toEqual([...ids.slice(0, -1).map((_, index) => index + 1), 'last']);
      expect(await readdir(path)).toEqual(['users.jsonl']);
      await rm(join(path, 'users.jsonl'));
    }
  });

  it('leaves a lock, which the next one removes also where it has nothing to write', async () => {
    await killedAfter(1);
    expect(await readdir(path)).toEqual(['users.jsonl', 'users.jsonl.lock']);
    await collect(write(destinationJsonl, { path }, { catalog, input: flowOf([]) }));
    expect(await readdir(path)).toEqual(['users.jsonl']);
  });
});

describe.skipIf(process.platform !== 'linux')('a disk that is full', () => {
  it('is named, and nothing is confirmed that it did not take', async () => {
    await mkdir(join(path, 'full'));
    await symlink('/dev/full', join(path, 'full', 'users.jsonl'));
    const flow = write(
      destinationJsonl,
      { path: join(path, 'full') },
      { catalog, input: flowOf(oneMore(), oneMore()) },
    );
    const { items, error } = await collectFailing(flow);
    expect(statesIn(items)).toEqual([]);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ message: expect.stringContaining('the disk is full') });
    expect(await readdir(join(path, 'full'))).toEqual(['users.jsonl']);
  });
});

/** Kills a writer after so many confirmations; how many rows it had confirmed. */
async function killedAfter(confirmations: number): Promise<number> {
  const program = fileURLToPath(new URL('../../fixtures/endless-jsonl.ts', import.meta.url));
  const child = execa(process.execPath, ['--import', 'tsx', program, path], {
    reject: false,
    timeout: 30_000,
  });
  let confirmed = 0;
  let seen = 0;
  for await (const line of child) {
    confirmed = Number(line);
    seen += 1;
    if (seen === confirmations) child.kill('SIGKILL');
  }
  expect((await child).signal).toBe('SIGKILL');
  return confirmed;
}
