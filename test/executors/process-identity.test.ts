import { describe, expect, it, vi } from 'vitest';
import { isRunning, ownIdentity } from '../../src/executors/process-identity.ts';

vi.mock('node:fs/promises', async (importActual) => {
  const actual = await importActual<typeof import('node:fs/promises')>();
  const refuse = () => Promise.reject(new Error('no /proc here'));
  return { ...actual, readFile: refuse, readlink: refuse };
});

describe.runIf(process.platform === 'linux')('where /proc cannot be read', () => {
  it('no process counts as gone', async () => {
    const own = await ownIdentity();
    expect(await isRunning(own)).toBe(true);
    expect(await isRunning({ ...own, pid: 2 ** 30 })).toBe(true);
  });
});
