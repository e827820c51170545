import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildImageFrom } from '../../src/executors/docker/build.ts';
import { startContainer } from '../../src/executors/docker/child.ts';
import { readImage } from '../../src/executors/docker/container.ts';
import { type ContainerLaunch, createContainer } from '../../src/executors/docker/create.ts';
import { imageOf } from '../../src/executors/docker/image.ts';
import { DockerExecutor } from '../../src/executors/docker.ts';
import { hasDocker, testDocker, withDocker } from '../fixtures/docker/engine.ts';
import { buildImage, copyProgram } from '../fixtures/docker/images.ts';
import { openRegistry } from '../fixtures/docker/registry.ts';
import { startSmallEngine } from '../fixtures/docker/small-engine.ts';
import { inNewHome } from '../fixtures/new-home.ts';
import { all, outcome, running } from './running.ts';

const started = hasDocker ? await startSmallEngine(48) : withDocker;
const title = `an engine whose disk is full${typeof started === 'string' ? ` (here: ${started})` : ''}`;

describe.skipIf(typeof started === 'string')(title, () => {
  const small = () => (typeof started === 'string' ? expect.fail(started) : started);
  const newHome = inNewHome();
  let image = '';
  beforeAll(async () => {
    image = await sayingImage();
    await small().engine.docker.loadImage(Readable.from(await testDocker().getImage(image).get()));
    vi.stubEnv('DOCKER_HOST', small().host);
  });
  afterEach(() => small().empty());
  afterAll(async () => {
    vi.unstubAllEnvs();
    await small()[Symbol.asyncDispose]();
  });

  const asking = () => new DockerExecutor('source-x', { image });
  const full = (what: string) => ({
    message: `source-x: the image ${what}: the disk of the engine is full`,
    guidance: expect.stringContaining('docker system df'),
  });
  const left = async () => (await small().engine.docker.listContainers({ all: true })).length;

  it('runs the image as long as there is room', async () => {
    await using executor = asking();
    expect(await all(executor.run({ command: 'spec' }, running()))).toMatchObject([{ type: 'SPEC' }]);
  });

  it('is told where a container cannot be made, and runs again when there is room', async () => {
    await using executor = asking();
    small().fill();
    const { error } = await outcome(executor.run({ command: 'spec' }, running()));
    expect(error).toMatchObject({ code: 'not_runnable', ...full(`${image} cannot be started`) });
    expect(await left()).toBe(0);
    small().empty();
    expect(await all(executor.run({ command: 'spec' }, running()))).toMatchObject([{ type: 'SPEC' }]);
  });

  it('is told where a container that was made cannot be started, and nothing of it is left', async () => {
    const { engine } = small();
    const inspected = await engine.docker.getImage(image).inspect();
    const launch: ContainerLaunch = {
      name: 'source-x',
      image: readImage('source-x', imageOf('source-x', { image }), inspected),
      args: ['spec'],
      stdin: 'ignore',
      output: 'little',
      folder: newHome(),
      options: {},
      env: {},
      signal: new AbortController().signal,
    };
    const created = await createContainer(engine, launch, {
      seesFiles: true,
      shells: new Map(),
      users: new Map(),
    });
    small().fill();
    await expect(startContainer(created, { engine, launch, graceMs: 1_000 })).rejects.toMatchObject({
      code: 'not_runnable',
      ...full(`${image} cannot be started`),
    });
    expect(await left()).toBe(0);
  });

  it('is told where an image cannot be pulled', async () => {
    await using registry = await openRegistry({ image: 'team/source-x', tag: '1' });
    small().fill();
    await using executor = new DockerExecutor('source-x', { image: `${registry.host}/team/source-x:1` });
    await expect(executor.prepare()).rejects.toMatchObject({
      code: 'install_failed',
      ...full(`${registry.host}/team/source-x:1 cannot be pulled`),
    });
  });

  it('is told where an image cannot be built', async () => {
    const folder = join(newHome(), 'context');
    mkdirSync(folder);
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${image}\nCOPY large /large\n`);
    writeFileSync(join(folder, 'large'), Buffer.alloc(60_000_000));
    const built = imageOf('source-x', { image: 'sluice-test/large:1' });
    const building = buildImageFrom({ name: 'source-x', image: built, base: image, folder, options: {} });
    await expect(building).rejects.toMatchObject(full('sluice-test/large:1 cannot be built'));
  });
});

/** A shell that has a spec to tell, in two megabytes. */
function sayingImage(): Promise<string> {
  const spec = { type: 'SPEC', spec: { connectionSpecification: { type: 'object' } } };
  const lines = ['FROM scratch', 'COPY root/ /', 'ENTRYPOINT ["/bin/sh", "/say"]'];
  return buildImage(lines, (context) => {
    const root = join(context, 'root');
    copyProgram(root, '/bin/sh', '/bin/sh');
    writeFileSync(join(root, 'say'), `echo '${JSON.stringify(spec)}'\n`);
  });
}
