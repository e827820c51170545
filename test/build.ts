import { execFileSync } from 'node:child_process';

/** Builds `dist` once before all tests: the command line, the package and the README are tested as users get them. */
export function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: ['ignore', 'inherit', 'inherit'] });
}
