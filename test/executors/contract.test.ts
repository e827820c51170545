import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import { afterAll, beforeAll, describe, vi } from 'vitest';
import { buildImage } from '../../src/connectors/authoring/build-image.ts';
import { loadingOf } from '../../src/connectors/npm-run.ts';
import { DockerExecutor } from '../../src/executors/docker.ts';
import { InProcessExecutor } from '../../src/executors/in-process.ts';
import { ManifestExecutor } from '../../src/executors/manifest.ts';
import { NpmExecutor } from '../../src/executors/npm.ts';
import { ProcessExecutor } from '../../src/executors/process.ts';
import { PythonExecutor } from '../../src/executors/python.ts';
import { executorContract } from '../contracts/executor-contract.ts';
import { scriptedProgram } from '../fixtures/connectors/scripted/scripted-program.ts';
import { containersOf, hasDocker, testRun, withDocker } from '../fixtures/docker/engine.ts';
import { fixtureInside, nodeImage, nodeInside } from '../fixtures/docker/images.ts';
import { haveNpm, packPackage } from '../fixtures/npm-packages.ts';
import { buildScripted, hasPython } from './python-package.ts';
import { fixture } from './running.ts';

const short = { graceMs: 2_000, drainMs: 5_000 };
const env = { ADDED: 'yes' };

executorContract('ProcessExecutor', {
  isProcess: true,
  open: (timeouts) =>
    new ProcessExecutor('source-scripted', {
      command: fixture('scripted/scripted.mjs'),
      env,
      timeouts: { ...short, ...timeouts },
    }),
});

executorContract('a connector in TypeScript, served as a program,', {
  isProcess: false,
  open: (timeouts) =>
    new ProcessExecutor('source-scripted', {
      command: fixture('scripted/served.mjs'),
      env,
      timeouts: { ...short, ...timeouts },
    }),
});

executorContract('InProcessExecutor', {
  isProcess: false,
  open: (timeouts) =>
    new InProcessExecutor('source-scripted', {
      load: async () => scriptedProgram,
      timeouts: { ...short, ...timeouts },
    }),
});

describe.skipIf(!hasPython)('with Python on PATH', () => {
  const folder = mkdtempSync(join(tmpdir(), 'executors-'));
  let wheel = '';
  beforeAll(() => {
    wheel = buildScripted(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  executorContract('PythonExecutor', {
    isProcess: true,
    open: (timeouts) =>
      new PythonExecutor('source-scripted', {
        pipUrl: wheel,
        installRoot: join(folder, 'connectors'),
        env,
        timeouts: { ...short, ...timeouts },
      }),
  });
});

describe.skipIf(!haveNpm)('with npm', () => {
  const folder = mkdtempSync(join(tmpdir(), 'executors-'));
  let tarball = '';
  beforeAll(() => {
    const program = new URL('../fixtures/connectors/scripted/scripted-program.ts', import.meta.url);
    const { outputText } = transpileModule(readFileSync(program, 'utf8'), {
      compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 },
    });
    const built = new URL('../../dist/', import.meta.url).href;
    const code = outputText.replaceAll(/'(?:\.\.\/)+src\/(.*)\.ts'/g, `'${built}$1.js'`);
    tarball = packPackage(folder, { name: 'source-scripted', code });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe.each([{ inProcess: false }, { inProcess: true }])('%j', ({ inProcess }) => {
    executorContract(`NpmExecutor, ${inProcess ? 'in this process' : 'in a process of its own'},`, {
      isProcess: false,
      open: (timeouts) =>
        new NpmExecutor(
          'source-scripted',
          {
            package: tarball,
            inProcess,
            installRoot: join(folder, 'connectors'),
            timeouts: { ...short, ...timeouts },
          },
          loadingOf('source-scripted', 'source'),
        ),
    });
  });
});

describe.skipIf(!hasPython)('with a kit that runs manifests', () => {
  const folder = mkdtempSync(join(tmpdir(), 'executors-'));
  const scripts = ['source-declarative-manifest=scripted:main'];
  let cdk = '';
  beforeAll(() => {
    cdk = buildScripted(folder, { name: 'airbyte-cdk', scripts });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const connection_specification = { type: 'object', properties: { token: {} } };
  const content = { version: '1.0.0', check: {}, streams: [], spec: { connection_specification } };
  executorContract('ManifestExecutor', {
    isProcess: true,
    open: (timeouts) =>
      new ManifestExecutor('source-scripted', {
        place: { kind: 'content', content },
        cdk,
        installRoot: join(folder, 'connectors'),
        env,
        timeouts: { ...short, ...timeouts },
      }),
  });
});

describe.skipIf(!hasDocker)(withDocker, () => {
  const home = mkdtempSync(join(tmpdir(), 'executors-'));
  beforeAll(() => vi.stubEnv('SLUICE_DIR', home));
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  describe.each([
    { way: 'through named pipes', hasShell: true },
    { way: 'attached', hasShell: false },
  ])('$way', ({ way, hasShell }) => {
    let image = '';
    beforeAll(async () => {
      image = await nodeImage({ entrypoint: fixtureInside('scripted/scripted.mjs'), hasShell });
    });

    executorContract(`DockerExecutor, ${way},`, {
      isProcess: true,
      isGone: async () => (await containersOf('source-scripted')).length === 0,
      open: (timeouts) =>
        new DockerExecutor('source-scripted', { image, env, timeouts: { ...short, ...timeouts } }),
    });
  });

  describe('as an image of its own', () => {
    let image = '';
    beforeAll(async () => {
      const base = await nodeImage({ entrypoint: [nodeInside], hasShell: true });
      const tag = `sluice-test/served:${testRun}`;
      ({ image } = await buildImage(fixture('scripted/scripted-program.ts'), { tag, base }));
    });

    executorContract('a connector in TypeScript, built as an image,', {
      isProcess: false,
      isGone: async () => (await containersOf('source-scripted')).length === 0,
      open: (timeouts) =>
        new DockerExecutor('source-scripted', { image, env, timeouts: { ...short, ...timeouts } }),
    });
  });
});
