import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { sweepContainers } from '../../src/executors/docker/sweep.ts';
import { DockerExecutor } from '../../src/executors/docker.ts';
import { containersOf, hasDocker, testEngine, withDocker } from '../fixtures/docker/engine.ts';
import { fixtureInside, nodeImage } from '../fixtures/docker/images.ts';
import { all, running } from './running.ts';

describe.skipIf(!hasDocker)(withDocker, () => {
  const home = mkdtempSync(join(tmpdir(), 'docker-sweep-'));
  let image = '';
  let sluice: ChildProcess | undefined;
  beforeAll(async () => {
    vi.stubEnv('SLUICE_DIR', join(home, 'home'));
    image = await nodeImage({ entrypoint: fixtureInside('scripted/scripted.mjs'), hasShell: true });
  });
  afterEach(() => sluice?.kill('SIGKILL'));
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  const start = (...args: readonly string[]) => {
    const program = join(import.meta.dirname, 'orphaning-containers.ts');
    sluice = spawn(process.execPath, ['--import', 'tsx', program, image, ...args], {
      env: { ...process.env, TMPDIR: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return sluice;
  };
  const reading = async (child: ChildProcess) => {
    if (child.stdout !== null) await once(child.stdout, 'data');
  };
  const killed = async (child: ChildProcess) => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const workspaces = () => readdirSync(home).filter((name) => name.startsWith('sluice-'));

  it('the next start removes the container of a killed Sluice, and its files', async () => {
    const child = start();
    await reading(child);
    await killed(child);
    expect(await containersOf('source-orphan')).toMatchObject([{ State: 'running' }]);
    expect(workspaces()).toHaveLength(1);

    vi.stubEnv('TMPDIR', home);
    await using executor = new DockerExecutor('source-next', { image });
    await all(executor.run({ command: 'spec' }, running()));
    vi.stubEnv('TMPDIR', undefined);
    expect(await containersOf('source-orphan')).toEqual([]);
    expect(workspaces()).toEqual([]);
  });

  it('the container of a Sluice that runs is left alone', async () => {
    const child = start();
    await reading(child);
    await sweepContainers(testEngine());
    expect(await containersOf('source-orphan')).toMatchObject([{ State: 'running' }]);
    await killed(child);
    await sweepContainers(testEngine());
    expect(await containersOf('source-orphan')).toEqual([]);
  });

  it('a Sluice that must be gone at once has its container removed by another process', async () => {
    const child = start('at once');
    await once(child, 'exit');
    await vi.waitFor(async () => expect(await containersOf('source-orphan')).toEqual([]), {
      timeout: 20_000,
    });
  });

  it('nothing keeps the process alive once it has read', async () => {
    const program = join(import.meta.dirname, 'reading-contained.ts');
    const contained = await nodeImage({ entrypoint: fixtureInside('contained.mjs'), hasShell: true });
    sluice = spawn(process.execPath, ['--import', 'tsx', program, contained], {
      env: { ...process.env, TMPDIR: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    sluice.stdout?.resume();
    expect(await once(sluice, 'exit')).toEqual([0, null]);
  });
});
