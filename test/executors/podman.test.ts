import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DockerExecutor } from '../../src/executors/docker.ts';
import { executorContract } from '../contracts/executor-contract.ts';
import { hasDocker, withDocker } from '../fixtures/docker/engine.ts';
import { fixtureInside, nodeImage } from '../fixtures/docker/images.ts';
import { startPodman } from '../fixtures/docker/podman.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import { all, outcome, rows, running, users } from './running.ts';

const entrypoint = fixtureInside('scripted/scripted.mjs');
const images = hasDocker
  ? { pipes: await nodeImage({ entrypoint, hasShell: true }), attached: await nodeImage({ entrypoint }) }
  : { pipes: '', attached: '' };
const started = hasDocker ? await startPodman(Object.values(images)) : withDocker;
const title = typeof started === 'string' ? `with Podman (here: ${started})` : 'with Podman';

describe.skipIf(typeof started === 'string')(title, () => {
  const podman = () => (typeof started === 'string' ? expect.fail(started) : started);
  inNewHome({ for: 'all' });
  beforeAll(() => vi.stubEnv('DOCKER_HOST', podman().host));
  afterAll(async () => {
    vi.unstubAllEnvs();
    await podman()[Symbol.asyncDispose]();
  });
  const left = async () => (await podman().engine.docker.listContainers({ all: true })).length;
  // It takes its time: a second for a container that ends at once.
  const patient = { graceMs: 5_000, drainMs: 20_000 };

  executorContract('DockerExecutor, attached by Podman,', {
    isProcess: true,
    isGone: async () => (await left()) === 0,
    open: (timeouts) =>
      new DockerExecutor('source-scripted', {
        image: images.attached,
        env: { ADDED: 'yes' },
        timeouts: { ...patient, ...timeouts },
      }),
  });

  it('is connected by named pipes where the image has a shell', async () => {
    await using executor = new DockerExecutor('source-scripted', { image: images.pipes });
    const run = running();
    for await (const items of executor.run({ command: 'spec' }, run)) {
      expect(items).toMatchObject([{ type: 'SPEC' }]);
    }
    expect(run.entries).toMatchObject([{ message: expect.stringContaining('through named pipes') }]);
  });

  it('runs as another user, with copies of its files', async () => {
    await using executor = new DockerExecutor('source-scripted', { image: images.pipes, user: '1234' });
    const run = running();
    const items = await all(executor.run({ command: 'read', config: {}, catalog: users, states: [] }, run));
    expect(rows(items)).not.toEqual([]);
    expect(run.entries.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('attached to its engine; its user (1234) may not read files of ours'),
    );
  });

  it.each(['airbyte', 'root'])('tells of a user (%s) whom the image does not know', async (user) => {
    await using executor = new DockerExecutor('source-scripted', { image: images.pipes, user });
    const { error } = await outcome(executor.run({ command: 'spec' }, running()));
    expect(error).toMatchObject({
      message: expect.stringMatching(/cannot be started: it has no (user airbyte|such user or group)$/),
    });
  });
});
