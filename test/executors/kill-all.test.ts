import { existsSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { killAllNow, onKillAll } from '../../src/executors/kill-all.ts';
import { openWorkspace } from '../../src/executors/workspace.ts';
import { misbehaving, read } from './misbehaving.ts';
import { isRunning, rows } from './running.ts';

describe('killAllNow', () => {
  it('kills connectors with all that they have started', async () => {
    await using executor = misbehaving('starts-a-grandchild.mjs');
    const iterator = read(executor)[Symbol.asyncIterator]();
    const first = await iterator.next();
    const [pids] = rows(first.value ?? []);
    killAllNow();
    await vi.waitFor(() =>
      expect(
        Object.values(pids ?? {})
          .map(Number)
          .some(isRunning),
      ).toBe(false),
    );
    await expect(iterator.next()).rejects.toMatchObject({ code: 'connector_failed' });
  });

  it('removes the private folders before it returns', async () => {
    await using workspace = await openWorkspace();
    await workspace.write('config.json', '{}');
    killAllNow();
    expect(existsSync(workspace.folder)).toBe(false);
  });

  it('begins with what was opened last, spares what has ended, and is not held up by what fails', () => {
    const said: string[] = [];
    onKillAll(() => said.push('first'));
    onKillAll(() => said.push('ended'))();
    onKillAll(() => {
      throw new Error('out of reach');
    });
    onKillAll(() => said.push('last'));
    killAllNow();
    killAllNow();
    expect(said).toEqual(['last', 'first']);
  });
});
