import { execFileSync, spawnSync } from 'node:child_process';
import { fixture } from './running.ts';

/** Whether tests that install Python packages can run here. */
export const hasPython = spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0;

interface Package {
  readonly name?: string;
  readonly version?: string;
  readonly scripts?: readonly string[];
}

/** Builds the scripted connector as a wheel and returns its path: installing it takes no network. */
export function buildScripted(
  folder: string,
  {
    name = 'airbyte-source-scripted',
    version = '1.2.3',
    scripts = ['source-scripted=scripted:main'],
  }: Package = {},
): string {
  const build = fixture('scripted/build_wheel.py');
  const module = fixture('scripted/scripted.py');
  return execFileSync('python3', [build, folder, module, name, version, ...scripts], {
    encoding: 'utf8',
  }).trim();
}
