import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errnoOf, storageFailure } from './errors.ts';

/** What lies in `.sluice/`: state, caches, installed connectors, run logs, rejected records, files of containers, specs of images. */
export type HomeFolder = 'state' | 'caches' | 'connectors' | 'runs' | 'rejects' | 'local' | 'specs';

interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The folder of everything that Sluice keeps: `SLUICE_DIR`, else `.sluice` beside the nearest `sluice.toml`, else in `cwd`. */
export function homeFolder({ cwd = process.cwd(), env = process.env }: Place = {}): string {
  const fixed = env['SLUICE_DIR'];
  if (fixed !== undefined && fixed !== '') return resolve(cwd, fixed);
  return join(projectFolder(cwd) ?? cwd, '.sluice');
}

/** Makes a folder of `.sluice/` and returns its path. `.sluice/` ignores itself for git. */
export async function openHomeFolder(folder: HomeFolder, place: Place = {}): Promise<string> {
  const home = homeFolder(place);
  const path = join(home, folder);
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await writeFile(join(home, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error;
    });
  } catch (error) {
    throw storageFailure(error, `the folder ${path} cannot be used`);
  }
  return path;
}

function projectFolder(from: string): string | undefined {
  if (existsSync(join(from, 'sluice.toml'))) return from;
  const parent = dirname(from);
  return parent === from ? undefined : projectFolder(parent);
}
