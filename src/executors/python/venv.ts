import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { homeFolder } from '../../home.ts';
import { isExecutable } from '../find-program.ts';
import type { PythonRequest } from './request.ts';

/** An installation that is whole. */
export interface Installed {
  readonly folder: string;
  readonly executable: string;
  readonly package: string;
  readonly version: string;
  readonly python: string;
  /** When it was installed. */
  readonly when: string;
}

/** Written last: a virtual environment without it was not finished. */
const markerSchema = z.object({
  name: z.string(),
  /** What was asked for: for people, and as what tells it from another request without telling its passwords. */
  requirement: z.string(),
  fingerprint: z.string(),
  /** The file of the connector's own program, in the folder of programs. */
  program: z.string(),
  package: z.string(),
  version: z.string(),
  /** The version of Python, and the interpreter from which the environment was made. */
  python: z.string(),
  interpreter: z.string(),
  when: z.string(),
});
export type Marker = z.infer<typeof markerSchema>;

/** The folder of a connector's virtual environment. */
export function venvFolder({
  folder,
  installRoot = join(homeFolder(), 'connectors'),
}: PythonRequest): string {
  return join(installRoot, safeFolder(folder));
}

/** A name as that of a folder: it may be anything that a user gives, and must not lead out of the folder. */
export function safeFolder(name: string): string {
  return name.replace(/[^\w.-]/g, '_').replace(/^\.+/, '_');
}

/** Where a virtual environment has its programs. */
export function programFolder(venv: string): string {
  return join(venv, process.platform === 'win32' ? 'Scripts' : 'bin');
}

/** The file of a program in a virtual environment. */
export function programFile(venv: string, program: string): string {
  return join(programFolder(venv), process.platform === 'win32' ? `${program}.exe` : program);
}

/** What is installed for this request, whole and as asked, or undefined. */
export async function findInstalled(request: PythonRequest): Promise<Installed | undefined> {
  const folder = venvFolder(request);
  const marker = await readMarker(folder);
  if (marker === undefined || !isWhatIsAskedFor(marker, request)) return undefined;
  if (request.pin !== undefined && !sameVersion(marker.version, request.pin)) return undefined;
  if (!fits(marker, request)) return undefined;
  const installed = installedOf(folder, marker);
  // The interpreter it was made from may have been removed or upgraded away since.
  const isWhole =
    (await isExecutable(installed.executable)) && (await isExecutable(programFile(folder, 'python')));
  return isWhole ? installed : undefined;
}

/** Declares an installation whole. */
export async function writeMarker(folder: string, marker: Marker): Promise<Installed> {
  const path = join(folder, markerFile);
  await writeFile(`${path}.part`, `${JSON.stringify(marker, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.part`, path);
  return installedOf(folder, marker);
}

/** Whether two spellings mean one version: `1.0`, `v1.0` and `1.0.0` are the same. */
export function sameVersion(one: string, other: string): boolean {
  return plainVersion(one) === plainVersion(other);
}

const markerFile = 'sluice.json';

function plainVersion(version: string): string {
  const [release = '', ...rest] = version
    .toLowerCase()
    .replace(/^v/, '')
    .split(/(?=[^\d.])/);
  return [release.replace(/(\.0+)+$/, ''), ...rest].join('').replaceAll(/[-_]/g, '.');
}

async function readMarker(folder: string): Promise<Marker | undefined> {
  try {
    const parsed = markerSchema.safeParse(JSON.parse(await readFile(join(folder, markerFile), 'utf8')));
    return parsed.data;
  } catch {
    // Missing or damaged: then it is not whole, and will be installed anew.
    return undefined;
  }
}

/** Of the connector's own package any version is, unless one is pinned: what is installed stays until it is upgraded. */
function isWhatIsAskedFor(marker: Marker, request: PythonRequest): boolean {
  if (marker.fingerprint === request.fingerprint) return true;
  const [installed] = marker.requirement.split('==');
  return request.package !== undefined && installed === request.package;
}

function fits(marker: Marker, { python }: PythonRequest): boolean {
  if (python.kind === 'any') return true;
  if (python.kind === 'path') return marker.interpreter === python.path;
  return `${marker.python}.`.startsWith(`${python.version}.`);
}

function installedOf(folder: string, marker: Marker): Installed {
  return {
    folder,
    executable: programFile(folder, marker.program),
    package: marker.package,
    version: marker.version,
    python: marker.python,
    when: marker.when,
  };
}
