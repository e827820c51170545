import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DockerExecutor } from '../../src/executors/docker.ts';
import { hasDocker, testDocker, withDocker } from '../fixtures/docker/engine.ts';
import { fixtureInside, nodeImage } from '../fixtures/docker/images.ts';
import { startSmallEngine } from '../fixtures/docker/small-engine.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import { running, users } from './running.ts';

const started = hasDocker ? await startSmallEngine(1000) : withDocker;
const title = `an engine that dies${typeof started === 'string' ? ` (here: ${started})` : ''}`;

describe.skipIf(typeof started === 'string')(title, () => {
  const small = () => (typeof started === 'string' ? expect.fail(started) : started);
  inNewHome();
  const images = { pipes: '', attached: '' };
  beforeAll(async () => {
    const entrypoint = fixtureInside('contained.mjs');
    images.pipes = await nodeImage({ entrypoint, hasShell: true });
    images.attached = await nodeImage({ entrypoint });
    for (const image of Object.values(images)) {
      await small().engine.docker.loadImage(Readable.from(await testDocker().getImage(image).get()));
    }
    vi.stubEnv('DOCKER_HOST', small().host);
  });
  afterEach(() => small().restart());
  afterAll(async () => {
    vi.unstubAllEnvs();
    await small()[Symbol.asyncDispose]();
  });

  const lost = {
    code: 'connector_failed',
    message: 'source-lost: read failed: the connection to Docker was lost',
  };

  /** A read of a container that stays, and has given its first record. */
  const begin = async (executor: DockerExecutor, run = running()) => {
    const config = { end: 'isKilled', signal: 'SIGCONT' };
    const flow = executor.run({ command: 'read', config, catalog: users, states: [] }, run);
    const iterator = flow[Symbol.asyncIterator]();
    await iterator.next();
    return iterator;
  };

  describe.each(['pipes', 'attached'] as const)('(%s)', (way) => {
    it('fails what runs on it in one line', async () => {
      await using executor = new DockerExecutor('source-lost', { image: images[way] });
      const iterator = await begin(executor);
      await small().crash();
      await expect(iterator.next()).rejects.toMatchObject(lost);
    });

    it('holds up nobody who stops just then', async () => {
      await using executor = new DockerExecutor('source-lost', { image: images[way] });
      const run = running();
      const iterator = await begin(executor, run);
      await small().crash();
      run.abort(new Error('enough'));
      await expect(iterator.next()).rejects.toThrow('enough');
    });
  });
});
