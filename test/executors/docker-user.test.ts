import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeContainer, readImage } from '../../src/executors/docker/container.ts';
import { imageOf } from '../../src/executors/docker/image.ts';
import { mayReadOurs } from '../../src/executors/docker/user.ts';
import { DockerExecutor } from '../../src/executors/docker.ts';
import { containersOf, hasDocker, testEngine, withDocker } from '../fixtures/docker/engine.ts';
import { buildImage, fixtureInside, nodeImage } from '../fixtures/docker/images.ts';
import { all, flowOf, outcome, records, rows, running, stateAt, states, users } from './running.ts';

describe('what only we can read', () => {
  it.each([
    { own: 1000, isRootless: false, readers: [0, 1000] },
    { own: 1000, isRootless: true, readers: [0] },
    { own: 0, isRootless: false, readers: [0] },
    { own: null, isRootless: false, readers: [0, 1000, 1234] },
  ])('may be read by $readers, where we are $own ($isRootless)', ({ own, isRootless, readers }) => {
    const found = [0, 1000, 1234].filter((uid) => mayReadOurs({ isRootless }, { uid, gid: 0 }, own));
    expect(found).toEqual(readers);
  });
});

describe.skipIf(!hasDocker)(`${withDocker}, a user of the choice of whoever runs it`, () => {
  const home = mkdtempSync(join(tmpdir(), 'docker-user-'));
  const own = `${process.getuid?.()}:${process.getgid?.()}`;
  const images = { named: '', nameless: '', scripted: '' };
  beforeAll(async () => {
    vi.stubEnv('SLUICE_DIR', home);
    const entrypoint = fixtureInside('contained.mjs');
    images.nameless = await nodeImage({ entrypoint, hasShell: true });
    images.scripted = await nodeImage({ entrypoint: fixtureInside('scripted/scripted.mjs'), hasShell: true });
    const lists = {
      passwd: ['root:x:0:0::/:/bin/sh', 'airbyte:x:4321:5432::/:/bin/sh', `me:x:${own}::/:/bin/sh`],
      group: ['root:x:0:', 'staff:x:6543:airbyte'],
    };
    const lines = [`FROM ${images.nameless}`, 'COPY etc/ /etc/', `LABEL users=${lists.passwd.join(',')}`];
    images.named = await buildImage(lines, (context) => {
      mkdirSync(join(context, 'etc'));
      for (const [name, list] of Object.entries(lists))
        writeFileSync(join(context, 'etc', name), `${list.join('\n')}\n`);
    });
  });
  beforeEach(() => rmSync(home, { recursive: true, force: true }));
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  const open = (user: string, image = images.named) => new DockerExecutor('source-chosen', { image, user });
  const read = (executor: DockerExecutor, run = running()) =>
    executor.run({ command: 'read', config: {}, catalog: users, states: [] }, run);
  const kept = () => existsSync(join(home, 'local', 'from-the-container.txt'));

  it.each([
    { user: '1234', ids: [1234, 0] },
    { user: '1234:2345', ids: [1234, 2345] },
    { user: 'airbyte', ids: [4321, 5432] },
    { user: 'airbyte:staff', ids: [4321, 6543] },
    { user: '1000680000:1234567890', ids: [1000680000, 1234567890] },
    { user: '1234:staff', ids: [1234, 6543] },
  ])('$user has copies of its files, which nobody else can read', async ({ user, ids: [uid, gid] }) => {
    await using executor = open(user);
    const run = running();
    for (const _time of [1, 2]) {
      const seen = { uid, gid, owner: `${uid}:${gid}`, workspace: '700', config: '600', mounts: [] };
      expect(rows(await all(read(executor, run)))).toMatchObject([seen]);
    }
    const told = `runs the Docker image ${images.named} attached to its engine; its user (${user}) may not read files of ours, so /local is not kept`;
    expect(run.entries.map(({ message }) => message)).toEqual([told]);
    expect(kept()).toBe(false);
    expect(await containersOf('source-chosen')).toEqual([]);
  });

  it.each(['root', '0', 'root:staff', own, 'me'])('%s has the files themselves', async (user) => {
    await using executor = open(user);
    const run = running();
    const [seen] = rows(await all(read(executor, run)));
    expect(seen).toMatchObject({ local: 'written', mounts: ['/local', '/sluice'] });
    expect(run.entries.map(({ message }) => message)).toEqual([
      `runs the Docker image ${images.named} through named pipes`,
    ]);
    expect(kept()).toBe(true);
    expect(await containersOf('source-chosen')).toEqual([]);
  });

  it('a destination takes its input as another user', async () => {
    await using destination = new DockerExecutor('destination-chosen', {
      image: images.scripted,
      user: '1234',
    });
    const input = flowOf([records(1, 2), stateAt(2)]);
    const confirmed = await all(
      destination.run({ command: 'write', config: {}, catalog: users, input }, running()),
    );
    expect(states(confirmed)).toEqual([{ position: 2 }]);
  });

  it.each([
    { user: 'nobody-there', missing: 'user nobody-there', list: '/etc/passwd' },
    { user: 'airbyte:no-group', missing: 'group no-group', list: '/etc/group' },
    { user: '99999999999999999999', missing: 'user 99999999999999999999', list: '/etc/passwd' },
    { user: '4000000000', missing: 'such user or group', list: '/etc/passwd' },
  ])('$user, whom the image does not know, is told so', async ({ user, missing, list }) => {
    await using executor = open(user);
    const { error } = await outcome(read(executor));
    expect(error).toMatchObject({
      code: 'not_runnable',
      message: expect.stringContaining(
        `source-chosen: the image ${images.named} cannot be started: it has no ${missing}`,
      ),
      guidance: expect.stringContaining(list),
    });
    expect(await containersOf('source-chosen')).toEqual([]);
  });

  it('an engine that maps users maps them too, where there are copies of theirs', () => {
    const engine = { ...testEngine(), mapsUsers: true };
    const reference = imageOf('source-chosen', { image: images.named, version: undefined });
    const image = readImage('source-chosen', reference, {
      Id: 'sha256:1',
      Config: { Entrypoint: ['/main'] },
    });
    const run = { connector: 'source-chosen', image, options: {}, user: '1234', env: {}, command: ['/main'] };
    const rest = { stdin: 'ignore', owner: { pid: 1, started: '', space: '' } } as const;
    const described = (mounts: { readonly workspace: string; readonly local: string } | undefined) =>
      describeContainer(engine, { ...run, ...rest, mounts }).HostConfig?.UsernsMode;
    expect(described({ workspace: '/tmp/one', local: '/tmp/local' })).toBe('host');
    expect(described(undefined)).toBeUndefined();
  });

  it('an image without users knows none by name', async () => {
    for (const user of ['airbyte', 'root']) {
      await using executor = open(user, images.nameless);
      expect((await outcome(read(executor))).error).toMatchObject({
        code: 'not_runnable',
        message: expect.stringMatching(/cannot be started: it has no (user airbyte|such user or group)$/),
        guidance: expect.stringContaining('or a number'),
      });
    }
    expect(await containersOf('source-chosen')).toEqual([]);
  });
});
