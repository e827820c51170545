import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DockerExecutor, type DockerOptions } from '../../src/executors/docker.ts';
import { hasDocker, testDocker, testEngine, withDocker } from '../fixtures/docker/engine.ts';
import { openRegistry } from '../fixtures/docker/registry.ts';
import { outcome, running } from './running.ts';

const tag = '9.8';

async function isHere(image: string): Promise<boolean> {
  return testDocker()
    .getImage(image)
    .inspect()
    .then(
      () => true,
      () => false,
    );
}

async function refusal(image: string, options: Partial<DockerOptions> = {}): Promise<unknown> {
  await using executor = new DockerExecutor('source-x', { image, ...options });
  return executor.prepare().then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe.skipIf(!hasDocker)(withDocker, () => {
  afterEach(() => vi.unstubAllEnvs());

  it('a missing image is pulled, by tag or digest, and told of; one that is here is not', async () => {
    await using registry = await openRegistry({ image: 'team/source-x', tag });
    const image = `${registry.host}/team/source-x`;
    const run = running();
    await using executor = new DockerExecutor('source-x', { image, version: tag });
    expect(executor.description).toBe(`the Docker image ${image}:${tag}`);
    await executor.prepare(run);
    expect(run.entries).toMatchObject([
      { connector: 'source-x', message: `pulling the image ${image}:${tag}`, isNotice: true },
      { message: expect.stringMatching(/^pulled .* in [\d.]+ m?s$/), isNotice: true },
    ]);
    expect(await executor.version()).toBe('9.8.7');

    const again = running();
    await new DockerExecutor('source-x', { image, version: tag }).prepare(again);
    expect(again.entries).toEqual([]);
    await new DockerExecutor('source-x', { image, version: tag, pull: 'always' }).prepare(again);
    expect(again.entries).toHaveLength(2);

    const [digest] = (await testDocker().getImage(`${image}:${tag}`).inspect()).RepoDigests;
    await executor.uninstall();
    expect(await isHere(`${image}:${tag}`)).toBe(false);
    await using exact = new DockerExecutor('source-x', { image: digest ?? '' });
    await exact.prepare(running());
    expect(await exact.version()).toBe('9.8.7');
    await exact.uninstall();
  });

  it('a private registry is signed in to with what docker login has left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'docker-pull-'));
    try {
      await using registry = await openRegistry({ image: 'source-x', tag, login: 'me:s3cret' });
      const image = `${registry.host}/source-x:${tag}`;
      const config = (login: string) =>
        writeFileSync(
          join(folder, 'config.json'),
          JSON.stringify({ auths: { [registry.host]: { auth: Buffer.from(login).toString('base64') } } }),
        );
      vi.stubEnv('DOCKER_CONFIG', folder);
      config('me:wrong');
      const error = await refusal(image);
      expect(error).toMatchObject({
        code: 'install_failed',
        message: `source-x: the image ${image} cannot be pulled: the registry refuses the login`,
        guidance: expect.stringContaining('docker login'),
      });
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('wrong');
      config('me:s3cret');
      await using executor = new DockerExecutor('source-x', { image });
      await executor.prepare(running());
      await executor.uninstall();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('an image that the registry does not have is told so', async () => {
    await using registry = await openRegistry({ image: 'source-x', tag });
    const image = `${registry.host}/source-y:${tag}`;
    expect(await refusal(image)).toMatchObject({
      code: 'install_failed',
      message: `source-x: the image ${image} cannot be pulled: there is no such image`,
      guidance: expect.stringContaining(`(${image})`),
    });
  });

  it('an image for another platform than was asked for is told so', async () => {
    await using registry = await openRegistry({
      image: 'source-x',
      tag,
      architecture: testEngine().architecture,
    });
    const image = `${registry.host}/source-x:${tag}`;
    await using executor = new DockerExecutor('source-x', { image, platform: 'linux/s390x' });
    const { error } = await outcome(executor.run({ command: 'spec' }, running()));
    expect(error).toMatchObject({
      code: 'not_runnable',
      message: `source-x: the image ${image} cannot be started: there is none for this platform`,
      guidance: expect.stringContaining('platform'),
    });
    await executor.uninstall();
  });

  it('a registry that nobody answers for is told so', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await new Promise((resolve) => server.close(resolve));
    const image = `127.0.0.1:${port}/source-x:${tag}`;
    expect(await refusal(image)).toMatchObject({
      code: 'install_failed',
      message: `source-x: the image ${image} cannot be pulled: its registry cannot be reached from the engine`,
    });
  });

  it('a pull that takes too long is given up, as is one that is aborted', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const address = silent.address();
      const image = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}/source-x:${tag}`;
      expect(await refusal(image, { timeouts: { installMs: 300 } })).toMatchObject({
        code: 'stalled',
        message: `source-x: the image ${image} was not pulled within 300 ms`,
      });
      const run = running();
      const pending = new DockerExecutor('source-x', { image }).prepare(run);
      const reason = new Error('enough');
      await vi.waitFor(() => expect(run.entries).toHaveLength(1));
      run.abort(reason);
      await expect(pending).rejects.toBe(reason);
    } finally {
      silent.close();
    }
  });
});

describe('without an engine', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is told where none was found, and what else there is', async () => {
    vi.stubEnv('DOCKER_HOST', 'unix:///nowhere/docker.sock');
    expect(await refusal('x')).toMatchObject({
      code: 'not_runnable',
      message: 'source-x: cannot reach Docker: there is no /nowhere/docker.sock (DOCKER_HOST)',
      guidance: expect.stringContaining('usePython: true'),
    });
  });

  it.skipIf(process.platform === 'win32')('is told that this user may not use its socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'refused-'));
    const socket = join(folder, 'docker.sock');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    chmodSync(folder, 0o000);
    vi.stubEnv('DOCKER_HOST', `unix://${socket}`);
    // Nothing is refused to root: it is asked as nobody then.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(await refusal('x')).toMatchObject({
        code: 'not_runnable',
        message: `source-x: cannot reach Docker: this user may not use ${socket} (DOCKER_HOST)`,
        guidance: expect.stringContaining('group "docker"'),
      });
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(folder, 0o700);
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is told that nobody answers, where that is so', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await new Promise((resolve) => server.close(resolve));
    vi.stubEnv('DOCKER_HOST', `tcp://127.0.0.1:${port}`);
    expect(await refusal('x')).toMatchObject({
      message: `source-x: cannot reach Docker: nobody answers at 127.0.0.1:${port} (DOCKER_HOST)`,
    });
  });
});
