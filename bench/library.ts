import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The library and its command line as they are published: compiled. */
export interface Library {
  readonly index: string;
  readonly command: string;
}

/** Compiles the library, so that what is measured is what users run. */
export async function buildLibrary(): Promise<Library> {
  const root = join(import.meta.dirname, '..');
  await promisify(execFile)('npm', ['run', '--silent', 'build'], { cwd: root });
  return { index: join(root, 'dist', 'index.js'), command: join(root, 'dist', 'cli', 'main.js') };
}
