import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { destinationJsonl } from '../../../src/connectors/destinations/jsonl.ts';
import { executionOptions } from '../program-run.ts';

describe('the folder of destination-jsonl', () => {
  it('is made with all above it, also where one of them is a link', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-jsonl-'));
    await symlink(folder, join(folder, 'link'));
    const path = join(folder, 'link', 'a', 'b', 'c');
    expect(await destinationJsonl.check({ path }, executionOptions())).toEqual({ status: 'SUCCEEDED' });
    expect(await destinationJsonl.check({ path }, executionOptions())).toEqual({ status: 'SUCCEEDED' });
    expect(await readdir(path)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it.skipIf(process.platform !== 'linux')('is refused at once where no folder can be made', async () => {
    const answer = await destinationJsonl.check({ path: '/proc/none/deeper' }, executionOptions());
    expect(answer).toMatchObject({ status: 'FAILED', message: expect.stringContaining('/proc/none/deeper') });
  });
});
