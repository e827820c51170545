import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { socketOf } from '../../src/executors/docker/endpoint.ts';
import { DockerExecutor } from '../../src/executors/docker.ts';
import { containersOf, hasDocker, testEngine, withDocker } from '../fixtures/docker/engine.ts';
import { fixtureInside, nodeImage } from '../fixtures/docker/images.ts';
import { all, flowOf, outcome, records, rows, running, stateAt, states, users } from './running.ts';

const engineSocket = hasDocker ? socketOf(testEngine().endpoint) : undefined;
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const canUnshare = spawnSync('unshare', ['-m', 'true']).status === 0;

describe.skipIf(engineSocket === undefined)(`${withDocker} that does not see our files`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'docker-remote-'));
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const images = { contained: '', scripted: '' };
  beforeAll(async () => {
    images.contained = await nodeImage({ entrypoint: fixtureInside('contained.mjs'), hasShell: true });
    images.scripted = await nodeImage({ entrypoint: fixtureInside('scripted/scripted.mjs') });
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Forwards what comes to the engine, as a machine does that offers its engine to others. */
  const forward = async (make: (onSocket: (socket: Socket) => void) => Server): Promise<number> => {
    const server = make((socket) => {
      const engine = connect({ path: engineSocket ?? '', allowHalfOpen: true });
      for (const one of [socket, engine]) {
        sockets.add(one);
        one.on('error', () => {});
      }
      socket.pipe(engine).pipe(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  };
  const plainPort = () => forward((onSocket) => createServer({ allowHalfOpen: true }, onSocket));

  const expectCopies = async () => {
    await using executor = new DockerExecutor('source-remote', { image: images.contained });
    const run = running();
    const items = await all(executor.run({ command: 'read', config: {}, catalog: users, states: [] }, run));
    const seen = { uid: process.getuid?.(), workspace: '700', config: '600', local: 'ENOENT', mounts: [] };
    expect(rows(items)).toMatchObject([seen]);
    expect(run.entries.at(-1)?.message).toBe(
      `runs the Docker image ${images.contained} attached to its engine; its engine does not see files of this machine, so /local is not kept`,
    );
    await using destination = new DockerExecutor('destination-x', { image: images.scripted });
    const input = flowOf([records(1, 2), stateAt(2)]);
    const confirmed = await all(
      destination.run({ command: 'write', config: {}, catalog: users, input }, running()),
    );
    expect(states(confirmed)).toEqual([{ position: 2 }]);
    expect(await containersOf('source-remote')).toEqual([]);
    expect(await containersOf('destination-x')).toEqual([]);
  };

  it('gets copies of them, over TCP', async () => {
    vi.stubEnv('DOCKER_HOST', `tcp://127.0.0.1:${await plainPort()}`);
    await expectCopies();
  });

  it.runIf(hasOpenssl)('gets copies of them, over TLS, where each has proved itself', async () => {
    const certificates = join(folder, 'certificates');
    mkdirSync(certificates);
    const make = (name: string, subject: string) =>
      execFileSync(
        'openssl',
        [
          ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', `/CN=${subject}`],
          ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', `${name}-key.pem`, '-out', `${name}.pem`],
        ],
        { cwd: certificates, stdio: 'ignore' },
      );
    make('server', 'engine');
    make('client', 'sluice');
    const file = (name: string) => readFileSync(join(certificates, name));
    const port = await forward((onSocket) =>
      createTlsServer(
        {
          cert: file('server.pem'),
          key: file('server-key.pem'),
          ca: file('client.pem'),
          requestCert: true,
          rejectUnauthorized: true,
          allowHalfOpen: true,
        },
        onSocket,
      ),
    );
    const given = join(folder, 'given');
    mkdirSync(given);
    copyFileSync(join(certificates, 'server.pem'), join(given, 'ca.pem'));
    copyFileSync(join(certificates, 'client.pem'), join(given, 'cert.pem'));
    copyFileSync(join(certificates, 'client-key.pem'), join(given, 'key.pem'));
    vi.stubEnv('DOCKER_HOST', `tcp://127.0.0.1:${port}`);
    vi.stubEnv('DOCKER_TLS_VERIFY', '1');
    vi.stubEnv('DOCKER_CERT_PATH', given);
    await expectCopies();

    copyFileSync(join(certificates, 'client.pem'), join(given, 'ca.pem'));
    await using executor = new DockerExecutor('source-x', { image: images.scripted });
    expect((await outcome(executor.run({ command: 'spec' }, running()))).error).toMatchObject({
      code: 'not_runnable',
      message: expect.stringMatching(
        /^source-x: cannot reach Docker: 127\.0\.0\.1:\d+ \(DOCKER_HOST\): .*certificate/i,
      ),
      guidance: expect.stringContaining('DOCKER_CERT_PATH'),
    });
  });

  it('gets copies of them, by the ssh of this machine', async () => {
    const program = join(import.meta.dirname, '..', 'fixtures', 'docker', 'fake-ssh.mjs');
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
      mode: 0o755,
    });
    vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
    vi.stubEnv('SSH_TO', engineSocket);
    vi.stubEnv('SSH_CALLS', join(folder, 'calls'));
    vi.stubEnv('DOCKER_HOST', 'ssh://me@engine.example:2222');
    await expectCopies();
    const [call] = readFileSync(join(folder, 'calls'), 'utf8').split('\n');
    expect(JSON.parse(call ?? '')).toEqual([
      ...['-o', 'BatchMode=yes', '-T', '-l', 'me', '-p', '2222', '--', 'engine.example'],
      ...['docker', 'system', 'dial-stdio'],
    ]);

    vi.stubEnv('DOCKER_HOST', 'ssh://me@refused.example');
    await using executor = new DockerExecutor('source-x', { image: images.scripted });
    expect((await outcome(executor.run({ command: 'spec' }, running()))).error).toMatchObject({
      code: 'not_runnable',
      message:
        'cannot reach Docker on refused.example by ssh: me@refused.example: Permission denied (publickey).',
    });
  }, 180_000);

  // As in a container that was given the socket of the engine that it runs in.
  it.runIf(canUnshare)('gets copies of them, also where its socket is here', () => {
    const home = join(folder, 'elsewhere');
    mkdirSync(home);
    const program = join(import.meta.dirname, 'reading-contained.ts');
    const script = 'mount -t tmpfs none "$TMPDIR" && exec "$@"';
    const output = execFileSync(
      'unshare',
      ['-m', 'sh', '-c', script, 'sh', process.execPath, '--import', 'tsx', program, images.contained],
      { encoding: 'utf8', env: { ...process.env, TMPDIR: home, SLUICE_DIR: join(home, 'home') } },
    );
    expect(JSON.parse(output)).toMatchObject({
      rows: [{ workspace: '700', config: '600', local: 'ENOENT', mounts: [] }],
      told: [
        expect.stringContaining('attached to its engine; its engine does not see files of this machine'),
      ],
    });
  });
});
