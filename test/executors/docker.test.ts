import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DockerExecutor, type DockerOptions } from '../../src/executors/docker.ts';
import type { Flow } from '../../src/protocol/flow.ts';
import { containersOf, hasDocker, testDocker, testEngine, withDocker } from '../fixtures/docker/engine.ts';
import { buildImage, fixtureInside, nodeImage, nodeInside } from '../fixtures/docker/images.ts';
import { all, outcome, rows, running, users } from './running.ts';

type Config = Readonly<Record<string, unknown>>;

function read(executor: DockerExecutor, config: Config, run = running()): Flow {
  return executor.run({ command: 'read', config, catalog: users, states: [] }, run);
}

describe.skipIf(!hasDocker)(withDocker, () => {
  const home = mkdtempSync(join(tmpdir(), 'docker-'));
  const images = { pipes: '', attached: '' };
  beforeAll(async () => {
    vi.stubEnv('SLUICE_DIR', home);
    const entrypoint = fixtureInside('contained.mjs');
    images.pipes = await nodeImage({ entrypoint, hasShell: true });
    images.attached = await nodeImage({ entrypoint });
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  const opened = (options: Partial<DockerOptions> = {}) =>
    new DockerExecutor('source-contained', { image: images.pipes, ...options });

  describe.each(['pipes', 'attached'] as const)('a container (%s)', (way) => {
    const open = (options: Partial<DockerOptions> = {}) => opened({ image: images[way], ...options });

    it('sees its workspace and /local, private to the user who runs Sluice, and nothing else of the machine', async () => {
      await using executor = open();
      const [seen] = rows(await all(read(executor, {})));
      expect(seen).toMatchObject({
        uid: process.getuid?.(),
        workspace: '700',
        config: '600',
        local: 'written',
        mounts: ['/local', '/sluice'],
      });
      expect(seen?.['hostname']).not.toBe(hostname());
      const kept = join(home, 'local', 'from-the-container.txt');
      expect(readFileSync(kept, 'utf8')).toBe('kept');
      expect(statSync(kept).uid).toBe(process.getuid?.());
    });

    it('is told by its exit code', async () => {
      await using executor = open();
      const { error } = await outcome(read(executor, { end: 'exits', code: 3 }));
      expect(error).toMatchObject({
        code: 'connector_failed',
        message: 'source-contained: read failed (exit code 3)',
        context: { exitCode: 3 },
      });
    });

    it('is told by the signal that ended it', async () => {
      await using executor = open();
      const { error } = await outcome(read(executor, { end: 'isKilled', signal: 'SIGKILL' }));
      expect(error).toMatchObject({ message: 'source-contained: read failed (killed by SIGKILL)' });
      const { error: other } = await outcome(read(executor, { end: 'isKilled', signal: 'SIGSEGV' }));
      expect(other).toMatchObject({ message: 'source-contained: read failed (killed by SIGSEGV)' });
    });

    it('that needs more memory than it may have is told so', async () => {
      await using executor = open({ memory: '100m' });
      const { error } = await outcome(read(executor, { end: 'fillsMemory' }));
      expect(error).toMatchObject({
        code: 'connector_failed',
        message:
          'source-contained: read failed: it needed more memory than its limit of 100m (out of memory)',
        guidance: expect.stringContaining('docker: { memory }'),
      });
    });

    /** An engine that is done with a container has thrown away what it had of its output by then. */
    const restingOrOver = async () => {
      const [container] = await containersOf('source-contained');
      expect(container?.State).toMatch(/^(paused|exited)$/);
    };

    // An engine throws away what it has not got rid of two seconds after the end; some 1.6 MB find room on the way.
    it.each([1_600_000, 1_640_000, 1_680_000, 5_000_000])(
      'gives its %d bytes whole to who reads slowly',
      async (bytes) => {
        await using executor = open();
        const iterator = read(executor, { end: 'writesMuch', bytes })[Symbol.asyncIterator]();
        let taken = 0;
        let isWhole = false;
        const first = await iterator.next();
        if (way === 'attached') await vi.waitFor(restingOrOver, { timeout: 20_000 });
        for (let step = first; step.done !== true; step = await iterator.next()) {
          const found = rows(step.value);
          taken += found.length;
          isWhole ||= found.some((row) => row['isLast'] === true);
        }
        expect(isWhole).toBe(true);
        expect(taken).toBeGreaterThan(bytes / 1100);
      },
    );
  });

  it('logs nowhere, and is named, labelled and gone afterwards', async () => {
    await using executor = opened({ env: { API_TOKEN: 's3cret' } });
    const iterator = read(executor, { end: 'isKilled', signal: 'SIGCONT', token: 'hidden' })[
      Symbol.asyncIterator
    ]();
    await iterator.next();
    const [container] = await containersOf('source-contained');
    expect(container?.Names[0]).toMatch(/^\/sluice-source-contained-[a-z0-9]{8}$/);
    const found = await testDocker()
      .getContainer(container?.Id ?? '')
      .inspect();
    expect(found.HostConfig.LogConfig?.Type).toBe('none');
    expect(found.HostConfig.Init).toBe(true);
    expect(JSON.parse(found.Config.Labels['sluice.owner'] ?? '')).toMatchObject({ pid: process.pid });
    expect(found.Config.Labels['sluice.host']).toBe(hostname());
    expect(JSON.stringify(found)).not.toContain('hidden');
    expect(JSON.stringify([found.Config.Labels, found.Args, found.Name])).not.toContain('s3cret');
    await iterator.return?.();
    expect(await containersOf('source-contained')).toEqual([]);
  });

  it('gets what its options name: extra hosts, a limit of processors, a user', async () => {
    await using executor = opened({ extraHosts: ['database:10.1.2.3'], cpus: 0.5, user: '1234:1234' });
    const iterator = read(executor, { end: 'isKilled', signal: 'SIGCONT' })[Symbol.asyncIterator]();
    await iterator.next();
    const [container] = await containersOf('source-contained');
    const found = await testDocker()
      .getContainer(container?.Id ?? '')
      .inspect();
    expect(found.HostConfig).toMatchObject({ NanoCpus: 500_000_000, ExtraHosts: ['database:10.1.2.3'] });
    expect(found.Config.User).toBe('1234:1234');
    await iterator.return?.();
  });

  it('reaches what listens on the loopback of the machine, with its network', async () => {
    const server = createServer((socket) => socket.end('from the machine'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      await using executor = opened({ network: 'host' });
      const items = await all(read(executor, { end: 'asks', host: '127.0.0.1', port }));
      expect(rows(items).at(-1)).toEqual({ answer: 'from the machine' });
    } finally {
      server.close();
    }
  });

  it('gets the proxies of this machine, but none on its loopback, which it would not find', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://proxy.example:3128');
    await using executor = opened();
    expect(rows(await all(read(executor, {})))[0]).toMatchObject({ proxy: 'http://proxy.example:3128' });
    vi.stubEnv('HTTPS_PROXY', 'http://localhost:3128');
    expect(rows(await all(read(executor, {})))[0]).toMatchObject({ proxy: null });
    await using near = opened({ network: 'host' });
    expect(rows(await all(read(near, {})))[0]).toMatchObject({ proxy: 'http://localhost:3128' });
    vi.stubEnv('HTTPS_PROXY', undefined);
  });

  it('tells how it is connected, once', async () => {
    await using executor = opened();
    const run = running();
    await all(read(executor, {}, run));
    await all(read(executor, {}, run));
    const told = run.entries.filter(({ message }) => message.startsWith('runs the Docker image'));
    expect(told).toEqual([
      {
        level: 'INFO',
        message: `runs the Docker image ${images.pipes} through named pipes`,
        connector: 'source-contained',
      },
    ]);
  });

  it('says its version by its label, else by its tag', async () => {
    expect(await opened().version()).toBe('1.2.3');
    const image = await nodeImage({ entrypoint: [nodeInside], lines: ['LABEL io.airbyte.version=4.5.6'] });
    expect(await opened({ image }).version()).toBe('4.5.6');
  });

  it('can be removed, image and all', async () => {
    const image = await nodeImage({ entrypoint: [nodeInside], lines: ['ENV TO_BE=removed'] });
    const executor = opened({ image, pull: 'never' });
    await executor.prepare();
    await executor.uninstall();
    await expect(executor.uninstall()).rejects.toMatchObject({
      code: 'input_invalid',
      message: `source-contained: there is nothing to uninstall: the image ${image} is not installed here`,
    });
    await expect(executor.prepare()).rejects.toMatchObject({
      code: 'not_runnable',
      message: `source-contained: the image ${image} is not here`,
    });
  });

  describe('an image that cannot be run', () => {
    const failure = async (image: string) => {
      await using executor = opened({ image });
      return (await outcome(read(executor, {}))).error;
    };

    it.each([{ hasShell: true }, { hasShell: false }])(
      'because its entrypoint does not exist is told so ($hasShell)',
      async ({ hasShell }) => {
        const image = await nodeImage({ entrypoint: ['/nowhere/main'], hasShell });
        expect(await failure(image)).toMatchObject({
          code: 'not_runnable',
          message: `source-contained: the image ${image} cannot be started: its entrypoint /nowhere/main does not exist`,
        });
      },
    );

    it('because it names no entrypoint is no connector', async () => {
      const image = await nodeImage({ entrypoint: [] });
      expect(await failure(image)).toMatchObject({
        message: `source-contained: the image ${image} has no ENTRYPOINT: it is no connector`,
      });
    });

    it('because it is made for another processor is told so', async () => {
      // The head of a program for S/390, which no machine of the tests is.
      const head = '7f454c4602020100000000000000000000020016000000010000000000400000';
      const lines = ['FROM scratch', 'COPY foreign /foreign', 'ENTRYPOINT ["/foreign"]'];
      const image = await buildImage(
        lines,
        (context) => writeFileSync(join(context, 'foreign'), Buffer.from(head, 'hex'), { mode: 0o755 }),
        'linux/s390x',
      );
      expect(await failure(image)).toMatchObject({
        code: 'not_runnable',
        message: `source-contained: the image ${image} cannot be started: it is made for another processor (s390x, the engine runs ${testEngine().architecture})`,
        guidance: expect.stringContaining('platform'),
      });
    });

    it('because its network does not exist is told so', async () => {
      await using executor = opened({ network: 'no-such-network' });
      expect((await outcome(read(executor, {}))).error).toMatchObject({
        message: `source-contained: the image ${images.pipes} cannot be started: there is no such network`,
      });
      expect(await containersOf('source-contained')).toEqual([]);
    });
  });

  it('leaves no file of its workspaces', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'workspaces-'));
    vi.stubEnv('TMPDIR', parent);
    try {
      await using executor = opened();
      await all(read(executor, {}));
      expect(readdirSync(parent)).toEqual([]);
    } finally {
      vi.stubEnv('TMPDIR', undefined);
      rmSync(parent, { recursive: true });
    }
  });
});
