import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { NotRunnableError } from '../../errors.ts';
import type { NpmRequest } from './request.ts';

/** A package that is here, whole. */
export interface NpmPackage {
  /** The folder above the `node_modules` in which it lies. */
  readonly root: string;
  readonly version: string;
  /** Whether it is the user's own, not one that was installed for a connector. */
  readonly isOfProject: boolean;
  readonly when: string;
  /** Whether it was installed by the call that answers it. */
  readonly isNew?: boolean;
}

/** Written last: an installation without it was not finished. */
const noteSchema = z.object({
  requirement: z.string(),
  fingerprint: z.string(),
  package: z.string(),
  version: z.string(),
  when: z.string(),
});
export type NpmNote = z.infer<typeof noteSchema>;

/** The package in the `node_modules` of the folder in which we run, or of one above it, if it is the wanted one. */
export async function findInProject(
  { key, isNamed, pin, wanted }: NpmRequest,
  from = process.cwd(),
): Promise<NpmPackage | undefined> {
  if (!isNamed || (pin === undefined && wanted !== 'latest')) return undefined;
  for (let folder = from; ; folder = dirname(folder)) {
    const own = await packageIn(folder, key);
    if (own !== undefined) {
      const { version } = own;
      const fits = pin === undefined || pin === version;
      return fits ? { root: folder, version, isOfProject: true, when: '' } : undefined;
    }
    if (dirname(folder) === folder) return undefined;
  }
}

/** What was installed for this request, whole and as asked, or undefined. */
export async function findInstalledNpm({ folder, fingerprint }: NpmRequest): Promise<NpmPackage | undefined> {
  const note = await readNote(folder);
  if (note === undefined || note.fingerprint !== fingerprint) return undefined;
  return { root: folder, version: note.version, isOfProject: false, when: note.when };
}

/** What a package below a folder's `node_modules` says of itself, if it is there. */
export async function packageIn(
  folder: string,
  key: string,
): Promise<{ readonly name: string; readonly version: string } | undefined> {
  try {
    const text = await readFile(join(folder, 'node_modules', key, 'package.json'), 'utf8');
    const said = z.looseObject({ name: z.string().default(key), version: z.string().default('0.0.0') });
    return said.parse(JSON.parse(text));
  } catch {
    // Not there, or no package: as good as not there.
    return undefined;
  }
}

/** The file that an import of the package would load, as a URL. */
export async function entryOf({ name, label, key }: NpmRequest, { root }: NpmPackage): Promise<string> {
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, { fsCache: false });
  const parentURL = pathToFileURL(join(root, 'package.json')).href;
  const found = jiti.esmResolve(key, { parentURL, conditions: ['node', 'import'], try: true });
  if (found !== undefined) return found;
  throw new NotRunnableError(`${name}: the npm package ${label} has nothing that can be imported`, {
    guidance: 'A connector is what its main export gives: see "exports" or "main" in its package.json.',
    context: { connector: name, folder: join(root, 'node_modules', key) },
  });
}

export async function writeNote(folder: string, note: NpmNote): Promise<void> {
  const path = join(folder, noteFile);
  await writeFile(`${path}.part`, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.part`, path);
}

const noteFile = 'sluice.json';

async function readNote(folder: string): Promise<NpmNote | undefined> {
  try {
    return noteSchema.safeParse(JSON.parse(await readFile(join(folder, noteFile), 'utf8'))).data;
  } catch {
    // Missing or damaged: then it is not whole, and will be installed anew.
    return undefined;
  }
}
