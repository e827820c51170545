import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fixture } from './running.ts';

/** Whether tests that install Python packages can run here. */
export const hasPython = spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0;

interface Package {
  /** The file of the module; the scripted connector's by default. */
  readonly module?: string;
  readonly name?: string;
  readonly version?: string;
  readonly scripts?: readonly string[];
}

/** Builds the scripted connector as a wheel and returns its path: installing it takes no network. */
export function buildScripted(
  folder: string,
  {
    module = fixture('scripted/scripted.py'),
    name = 'airbyte-source-scripted',
    version = '1.2.3',
    scripts = ['source-scripted=scripted:main'],
  }: Package = {},
): string {
  const build = fixture('scripted/build_wheel.py');
  return execFileSync('python3', [build, folder, module, name, version, ...scripts], {
    encoding: 'utf8',
  }).trim();
}

/** PATH with a uv in front, where one can be had: by it a package of many others is there in seconds, not in a minute. */
export function pathWithUv(): string {
  return [uvForTests(), process.env['PATH']].filter((part) => part !== undefined).join(delimiter);
}

/** The folder of a uv: the one on PATH, else one of our own, which is fetched once; undefined where none can be had. */
export function uvForTests(): string | undefined {
  known ??= { folder: findUv() };
  return known.folder;
}

let known: { readonly folder: string | undefined } | undefined;

function findUv(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const onPath = folders.find((folder) => folder !== '' && existsSync(join(folder, 'uv')));
  if (onPath !== undefined) return onPath;
  const cache = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
  const bin = join(cache, 'sluice-uv');
  if (existsSync(join(bin, 'uv'))) return bin;
  mkdirSync(bin, { recursive: true });
  const venv = mkdtempSync(join(cache, 'uv-'));
  spawnSync('python3', ['-m', 'venv', venv]);
  spawnSync(join(venv, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--retries', '1', 'uv']);
  const fetched = join(venv, 'bin', 'uv');
  // Several test files may fetch it at once; whoever sees it sees the whole of it.
  if (existsSync(fetched)) renameSync(fetched, join(bin, 'uv'));
  rmSync(venv, { recursive: true, force: true });
  return existsSync(join(bin, 'uv')) ? bin : undefined;
}
