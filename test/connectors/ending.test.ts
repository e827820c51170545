import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

describe('a process whose write was stopped', () => {
  it('ends though the destination never comes back', () => {
    const began = performance.now();
    expect(run()).toBe('stopped\n');
    // Well short of the ten seconds of grace.
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  it('lives until a destination that it closes has had its grace', () => {
    expect(run('dispose')).toBe('stopped\ndisposed\n');
  });
});

function run(...args: readonly string[]): string {
  const script = fileURLToPath(new URL('../fixtures/stopped-write.ts', import.meta.url));
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', script, ...args], { encoding: 'utf8' });
  return stdout;
}
