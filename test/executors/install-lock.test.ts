import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openInstallLock } from '../../src/executors/install-lock.ts';
import { ownIdentity } from '../../src/executors/process-identity.ts';

describe('openInstallLock', () => {
  let parent = '';
  let folder = '';
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'lock-'));
    folder = join(parent, 'connector');
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    const enter = async () => {
      await using _lock = await openInstallLock(folder);
      inside += 1;
      most = Math.max(most, inside);
      await new Promise(setImmediate);
      inside -= 1;
    };
    await Promise.all([enter(), enter(), enter(), enter()]);
    expect(most).toBe(1);
    expect(readdirSync(parent)).toEqual([]);
  });

  it('takes the lock of a process that is gone, one at a time also then', async () => {
    const dead = { ...(await ownIdentity()), started: 'earlier' };
    writeFileSync(`${folder}.lock`, JSON.stringify(dead));
    let inside = 0;
    let most = 0;
    const enter = async () => {
      await using _lock = await openInstallLock(folder);
      inside += 1;
      most = Math.max(most, inside);
      await new Promise(setImmediate);
      inside -= 1;
    };
    await Promise.all([enter(), enter(), enter()]);
    expect(most).toBe(1);
    expect(readdirSync(parent)).toEqual([]);
  });

  it('stops waiting when it is aborted', async () => {
    await using _lock = await openInstallLock(folder);
    const controller = new AbortController();
    const waiting = openInstallLock(folder, {
      signal: controller.signal,
      onWait: () => controller.abort(new Error('enough')),
    });
    await expect(waiting).rejects.toThrow('enough');
    expect(existsSync(`${folder}.lock`)).toBe(true);
  });
});
