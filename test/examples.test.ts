import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathWithUv } from './executors/python-package.ts';
import { hasDocker, withDocker } from './fixtures/docker/engine.ts';
import { nodeBase } from './fixtures/docker/images.ts';
import { fakerImage } from './fixtures/docker/python-image.ts';
import { havePython } from './fixtures/python.ts';

const root = join(import.meta.dirname, '..');
/** The image is made from the machine's Python. */
const canRunImages = hasDocker && havePython;

const usesPython = /\bpip:|pipUrl: |usePython: /;

interface Example {
  readonly language: string;
  readonly needsDocker: boolean;
  readonly line: number;
  readonly code: string;
}

/**
 * The fenced blocks of a page that are to run: `sh` and `ts`, and those with the word `docker` where there is an engine,
 * but none with another word (`sh test-command`).
 */
function examplesOf(page: string): readonly Example[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```(sh|ts)( docker)?\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    needsDocker: match[2] !== undefined,
    code: match[3] ?? '',
    line: text.slice(0, match.index).split('\n').length,
  }));
}

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].filter((page) => examplesOf(page).length > 0);

describe.each(pages)('%s', (page) => {
  let folder: string;
  const images: AsyncDisposable[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'examples-'));
    mkdirSync(join(folder, 'node_modules', '.bin'), { recursive: true });
    symlinkSync(root, join(folder, 'node_modules', 'sluice'));
    symlinkSync(join(root, 'dist/cli/main.js'), join(folder, 'node_modules', '.bin', 'sluice'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
    const needsImages = examplesOf(page).some(({ needsDocker }) => needsDocker);
    if (canRunImages && needsImages) images.push(await fakerImage(), await nodeBase());
  }, 300_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    for (const image of images) await image[Symbol.asyncDispose]();
  });

  const examples = examplesOf(page);
  for (const { language, needsDocker, code, line } of examples) {
    // The first command of the README sets a clone up; the test below runs it as it stands.
    const command = code.replace(/^npm ci && /, '');
    it.skipIf((usesPython.test(command) && !havePython) || (needsDocker && !canRunImages))(
      `the ${language} example at line ${line} runs${needsDocker ? ` ${withDocker}` : ''}`,
      async () => {
        const settings = { cwd: folder, env: { PATH: havePython ? pathWithUv() : process.env['PATH'] } };
        if (language === 'sh') {
          await execa('bash', ['-euo', 'pipefail', '-c', command], settings);
          return;
        }
        const file = `example-${line}.ts`;
        writeFileSync(join(folder, file), code);
        await execa(process.execPath, ['--import', import.meta.resolve('tsx'), file], settings);
      },
      300_000,
    );
  }
});

describe('a fresh clone', () => {
  const clone = mkdtempSync(join(tmpdir(), 'clone-'));
  afterAll(() => rmSync(clone, { recursive: true, force: true }));

  it('syncs with the first command of the README, and moves nothing new the second time', async () => {
    const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
      cwd: root,
      encoding: 'utf8',
    });
    for (const file of tracked.split('\0').filter((name) => name !== '')) {
      mkdirSync(dirname(join(clone, file)), { recursive: true });
      cpSync(join(root, file), join(clone, file));
    }
    const first = examplesOf('README.md')[0]?.code.trim() ?? '';
    expect(first).toMatch(/^npm ci && npx sluice sync /);
    await execa('bash', ['-c', `${first} --json`], { cwd: clone });
    const again = await execa('bash', ['-c', `${first.replace('npm ci && ', '')} --json`], { cwd: clone });
    const result: unknown = JSON.parse(again.stdout.trim().split('\n').at(-1) ?? '');
    expect(result).toMatchObject({ records: { read: 0, confirmed: 0 } });
  }, 900_000);

  it('is tested by the command that the checks run', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const checks = readFileSync(join(root, '.ci/run'), 'utf8');
    expect(readme).toContain('```sh test-command\nnpm ci && npm test\n```');
    expect(checks).toMatch(/^step 'install' npm ci$/m);
    expect(checks).toMatch(/^step 'tests' npm test /m);
  });
});
