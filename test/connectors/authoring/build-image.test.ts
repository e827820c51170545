import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildImage } from '../../../src/connectors/authoring/build-image.ts';
import { getSource } from '../../../src/connectors/source.ts';
import { lastLine, openPlace } from '../../cli/run-sluice.ts';
import { fixture } from '../../executors/running.ts';
import { hasDocker, testDocker, testEngine, testRun, withDocker } from '../../fixtures/docker/engine.ts';
import { buildImage as buildPlain, nodeImage, nodeInside } from '../../fixtures/docker/images.ts';

const tag = `sluice-test/built:${testRun}`;

describe('an image of a connector in TypeScript', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'build-image-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A project of files by their names. */
  const project = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return folder;
  };
  const source = (body: string, head = '') =>
    `import { defineSource } from 'sluice';\n${head}\nexport const source = defineSource({ name: 'source-built', ` +
    `streams: [{ name: 'words', *read() { ${body} } }] });\n`;

  it.each([
    [{ tag: 'No Such Name' }, /"No Such Name" is no name of an image/],
    [{ tag: `x@sha256:${'0'.repeat(64)}` }, /an image is named by a tag/],
    [{ base: 'node::22' }, /"node::22" is no name of an image/],
    [{ include: [''] }, /one of what is to be included has an empty path/],
    [{ include: ['no-such-file'] }, /no-such-file cannot be included/],
  ])('is refused before the engine is asked, with %j', async (options, message) => {
    await expect(buildImage(`${fixture('orders.ts')}#orders`, options)).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['the folder above the connector', () => join(folder, 'project', '..')],
    ['a link to a folder further up', () => join(folder, 'up')],
    ['the folder of everything', () => '/'],
  ])('does not include %s', async (_, path) => {
    const at = project({ 'project/src/built.ts': source('yield {};'), 'project/words.txt': 'many words' });
    symlinkSync(tmpdir(), join(at, 'up'));
    await expect(buildImage(join(at, 'project/src/built.ts'), { include: [path()] })).rejects.toMatchObject({
      code: 'input_invalid',
      message: `${resolve(path())} cannot be included: it is above the connector's folder`,
      guidance: 'Name the files and folders in it that the connector reads.',
    });
  });

  it('does not include the folder in which it is put together', async () => {
    const at = project({ 'built.ts': source('yield {};'), 'temporary/data.txt': '' });
    vi.stubEnv('TMPDIR', join(at, 'temporary'));
    try {
      for (const path of [at, join(at, 'temporary')]) {
        await expect(buildImage(join(at, 'built.ts'), { include: [path] })).rejects.toMatchObject({
          code: 'input_invalid',
          message: `${path} cannot be included: the image is put together in a folder in it`,
        });
      }
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it.skipIf(process.platform === 'win32')('does not include what is no file and no folder', async () => {
    const at = project({ 'built.ts': source('yield {};') });
    execFileSync('mkfifo', [join(at, 'pipe')]);
    await expect(buildImage(join(at, 'built.ts'), { include: [join(at, 'pipe')] })).rejects.toMatchObject({
      code: 'input_invalid',
      message: expect.stringMatching(/pipe cannot be included: /),
    });
  });

  it('is not made of a connector that was opened already', async () => {
    const path = join(
      project({
        'opened.ts': `import { getSource } from 'sluice';\nexport const faker = getSource('source-faker');`,
      }),
      'opened.ts',
    );
    await expect(buildImage(path)).rejects.toMatchObject({
      message: `${path} exports a connector that is opened already`,
    });
  });

  it('is not built where no engine answers', async () => {
    vi.stubEnv('DOCKER_HOST', `unix://${join(folder, 'nobody.sock')}`);
    try {
      await expect(buildImage(`${fixture('orders.ts')}#orders`)).rejects.toMatchObject({
        code: 'not_runnable',
        message: expect.stringMatching(/^source-orders: cannot reach Docker: /),
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  describe.skipIf(!hasDocker)(withDocker, { timeout: 300_000 }, () => {
    const home = mkdtempSync(join(tmpdir(), 'build-image-home-'));
    let base = '';
    beforeAll(async () => {
      vi.stubEnv('SLUICE_DIR', home);
      base = await nodeImage({ entrypoint: [nodeInside], hasShell: true });
    });
    afterAll(() => {
      vi.unstubAllEnvs();
      rmSync(home, { recursive: true, force: true });
    });

    const rowsOf = async (image: string) => {
      await using opened = getSource('source-built', {}, { dockerImage: image });
      const rows = [];
      for await (const row of opened.getRecords('words')) rows.push(row);
      return rows;
    };
    const ownPlatform = () => `linux/${testEngine().architecture}`;
    const tagsOf = async (name: string) => {
      const images = await testDocker().listImages({ filters: { reference: [name] } });
      return images.flatMap(({ RepoTags }) => RepoTags ?? []);
    };

    it('bears the name and version of the connector, as Airbyte labels its own', async () => {
      const repository = `sluice-test/orders-${testRun}`;
      const built = await buildImage(`${fixture('orders.ts')}#orders`, {
        tag: repository,
        base,
        platform: ownPlatform(),
      });
      expect(built).toEqual({ image: `${repository}:0.4.0`, connector: 'source-orders', version: '0.4.0' });
      expect(await tagsOf(repository)).toEqual([`${repository}:0.4.0`]);
      const { Config } = await testDocker().getImage(built.image).inspect();
      expect(Config.Labels).toMatchObject({ 'io.airbyte.name': repository, 'io.airbyte.version': '0.4.0' });
      const entrypoint = Config.Entrypoint;
      expect(entrypoint).toEqual([
        'node',
        expect.stringMatching(/^\/opt\/sluice\/.*dist\/cli\/main\.js$/),
        'serve',
        expect.stringMatching(/^\/opt\/connector\/.*orders\.ts#orders$/),
      ]);
      expect(Config.Env).toContain(`AIRBYTE_ENTRYPOINT=${[...(entrypoint ?? [])].join(' ')}`);
    });

    it('holds what the connector imports, packages and all, and nothing else of its folder', async () => {
      const seen = `
        const found = [];
        const walk = (at) => { for (const one of readdirSync(at, { withFileTypes: true })) {
          if (one.isDirectory()) walk(join(at, one.name)); else found.push(join(at, one.name)); } };
        walk('/opt/connector');
        yield { words: [near, far, pnpm], found: found.sort() };`;
      const at = project({
        'package.json': '{ "name": "mine", "type": "module" }',
        '.env': 'PASSWORD=hidden',
        'unused.ts': 'export {};',
        'src/built.ts': source(
          seen,
          `import { readdirSync } from 'node:fs';\nimport { join } from 'node:path';\n` +
            `import { near } from './near.js';\nimport far from 'far';\nimport pnpm from '@scope/linked';`,
        ),
        'src/near.ts': `// import './missing.ts'\nexport const near: string = 'near';`,
        'node_modules/far/package.json': '{ "name": "far", "dependencies": { "further": "1" } }',
        'node_modules/far/index.js': `module.exports = 'far and ' + require('further');`,
        'node_modules/further/package.json': '{ "name": "further", "main": "main.js" }',
        'node_modules/further/main.js': `module.exports = 'further';`,
        'node_modules/idle/package.json': '{ "name": "idle" }',
        'node_modules/.store/linked/package.json': '{ "name": "@scope/linked" }',
        'node_modules/.store/linked/index.js': `module.exports = 'linked';`,
        'node_modules/@scope/readme.md': '',
      });
      symlinkSync('../.store/linked', join(at, 'node_modules/@scope/linked'));
      const built = await buildImage(join(at, 'src/built.ts'), { tag, base });
      const [row] = await rowsOf(built.image);
      const inside = (name: string) => `/opt/connector/${name}`;
      expect(row).toEqual({
        words: ['near', 'far and further', 'linked'],
        found: [
          'node_modules/.store/linked/index.js',
          'node_modules/.store/linked/package.json',
          'node_modules/@scope/linked',
          'node_modules/far/index.js',
          'node_modules/far/package.json',
          'node_modules/further/main.js',
          'node_modules/further/package.json',
          'package.json',
          'src/built.ts',
          'src/near.ts',
        ].map(inside),
      });
    });

    it('that lacks a file is not kept, and has it by `include`', async () => {
      const reads = `import { readFileSync } from 'node:fs';\nconst words = readFileSync(new URL('data', import.meta.url) + '/words.txt', 'utf8');`;
      const head = reads.replace(
        "new URL('data', import.meta.url) + '/words.txt'",
        "import.meta.dirname + '/data/words.txt'",
      );
      const at = project({ 'built.ts': source('yield { words };', head), 'data/words.txt': 'many words' });
      const path = join(at, 'built.ts');
      const gone = `sluice-test/gone-${testRun}`;
      await expect(buildImage(path, { tag: gone, base })).rejects.toMatchObject({
        code: 'not_runnable',
        message: expect.stringMatching(/^source-built: its image does not run: .*data\/words\.txt/),
        guidance: expect.stringContaining('include'),
      });
      expect(await tagsOf(gone)).toEqual([]);
      const { image } = await buildImage(path, { tag, base, include: [join(at, 'data')] });
      expect(await rowsOf(image)).toEqual([{ words: 'many words' }]);
    });

    it('is not built upon a base that has no Node', async () => {
      const empty = await buildPlain(['FROM scratch', 'COPY nothing /nothing'], (context) =>
        writeFileSync(join(context, 'nothing'), ''),
      );
      await expect(buildImage(`${fixture('orders.ts')}#orders`, { tag, base: empty })).rejects.toMatchObject({
        code: 'not_runnable',
        message: expect.stringContaining('its entrypoint node does not exist'),
        guidance: expect.stringContaining('Node 20.19'),
      });
    });

    it('is not built upon a base for another platform than it is asked for', async () => {
      const gone = `sluice-test/other-${testRun}`;
      const other = testEngine().architecture === 'arm64' ? 'linux/amd64' : 'linux/arm64';
      const options = { tag: gone, base, platform: other };
      await expect(buildImage(`${fixture('orders.ts')}#orders`, options)).rejects.toMatchObject({
        code: 'not_runnable',
        message: `source-orders: the base image ${base} is not for ${other}: it is for ${ownPlatform()}`,
        guidance: expect.stringContaining(`docker pull --platform ${other} ${base}`),
      });
      expect(await tagsOf(gone)).toEqual([]);
      const none = { ...options, platform: 'nonsense' };
      await expect(buildImage(`${fixture('orders.ts')}#orders`, none)).rejects.toMatchObject({
        code: 'not_runnable',
        message: expect.stringMatching(/cannot be built: .*nonsense/),
      });
    });

    it('is not built any further once it is aborted', async () => {
      const signal = AbortSignal.abort();
      await expect(buildImage(`${fixture('orders.ts')}#orders`, { tag, base, signal })).rejects.toMatchObject(
        {
          code: 'stopped',
        },
      );
    });

    it('is built on the command line, which prints its name', async () => {
      using place = openPlace();
      writeFileSync(join(place.folder, 'built.ts'), source('yield { n: 1 };'));
      const args = ['build-image', './built.ts', '--tag', tag, '--base', base];
      expect(await place.run(args)).toMatchObject({ exitCode: 0, stdout: tag });
      const json = await place.run([...args, '--json']);
      expect(lastLine(json.stdout)).toEqual({ image: tag, connector: 'source-built', version: testRun });
      const wrong = await place.run(['build-image', 'source-faker']);
      expect(wrong).toMatchObject({ exitCode: 2 });
      expect(wrong.stderr).toContain('source-faker is not a connector in TypeScript');
    });
  });
});
