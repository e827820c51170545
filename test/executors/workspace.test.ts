import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkspace } from '../../src/executors/workspace.ts';

describe('openWorkspace', () => {
  it('makes a folder for this user only, and removes it with all that is in it', async () => {
    let folder = '';
    {
      await using workspace = await openWorkspace();
      folder = workspace.folder;
      const path = await workspace.write('config.json', '{}');
      expect(basename(folder)).toMatch(/^sluice-/);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      writeFileSync(path, '{"migrated":true}');
      writeFileSync(join(folder, 'more'), '');
    }
    expect(existsSync(folder)).toBe(false);
  });

  it('says whose it is', async () => {
    await using workspace = await openWorkspace();
    const owner = JSON.parse(readFileSync(join(workspace.folder, 'owner.json'), 'utf8'));
    expect(owner).toMatchObject({ pid: process.pid, started: expect.stringMatching(/./) });
  });

  it('says what is wrong with the place', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'place-'));
    try {
      const file = join(parent, 'file');
      writeFileSync(file, '');
      await expect(openWorkspace({ parent: file })).rejects.toMatchObject({ code: 'storage_failed' });
      await expect(openWorkspace({ parent: join(parent, 'none') })).rejects.toMatchObject({
        code: 'storage_failed',
        message: expect.stringContaining('none: no such file or folder'),
      });
    } finally {
      rmSync(parent, { recursive: true });
    }
  });
});
