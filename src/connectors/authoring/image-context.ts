import { cp, lstat, mkdir, readFile, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errnoOf, InputError, messageOf, NotRunnableError, storageError } from '../../errors.ts';
import { importedFiles } from './imported-files.ts';
import { dependenciesOf, type InstalledPackage, installedPackages } from './installed-packages.ts';

/** What an image of a connector is made of. */
export interface ImageContent {
  readonly base: string;
  /** The file of the connector, and its export where it has several. */
  readonly file: string;
  readonly exported: string | undefined;
  readonly include: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Fills a folder with a Dockerfile and all that it copies: the connector with what it imports, and Sluice. */
export async function fillContext(
  folder: string,
  { base, file, exported, include, labels }: ImageContent,
): Promise<void> {
  for (const path of include) await refuseUnfit(path, { file, folder });
  const imported = await importedFiles([file, ...(await scriptsIn(include))]);
  const wanted = [...imported.packages].flatMap(([name, places]) =>
    [...places].map((from) => ({ name, from })),
  );
  const packages = await installedPackages(wanted, ownPackages);
  const root = commonFolder([...imported.files, ...include, ...placesOf(packages)]);
  const placeOf = (path: string) => join(folder, 'connector', relative(root, path));
  for (const one of imported.files) await copy(one, placeOf(one));
  for (const one of new Set(include)) {
    await copy(one, placeOf(one)).catch((cause: unknown) => {
      if (errnoOf(cause) === 'ENOSPC') throw storageError(cause, `${folder} cannot be written`);
      throw notIncluded(one, messageOf(cause), { cause });
    });
  }
  await copyPackages(packages, root, join(folder, 'connector'));
  const main = await copyLibrary(join(folder, 'sluice'));

  const name = exported === undefined ? '' : `#${exported}`;
  const served = `${connectorInside}/${inPosix(relative(root, file))}${name}`;
  const entrypoint = ['node', `${libraryInside}/${main}`, 'serve', served];
  const lines = [
    `FROM ${base}`,
    `COPY sluice/ ${libraryInside}/`,
    `COPY connector/ ${connectorInside}/`,
    `ENV AIRBYTE_ENTRYPOINT=${JSON.stringify(entrypoint.map(shellWord).join(' ')).replaceAll('$', '\\$')}`,
    ...Object.entries(labels).map(([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`),
    `ENTRYPOINT ${JSON.stringify(entrypoint)}`,
    '',
  ];
  await writeFile(join(folder, 'Dockerfile'), lines.join('\n'));
}

const libraryInside = '/opt/sluice';
const connectorInside = '/opt/connector';

/** Sluice is copied for itself, and what Node brings is there. */
const ownPackages = new Set(['sluice', ...builtinModules]);

/** Of no use to a connector, and large or made for one machine: engines of caches, and the client of Docker. */
const unusedPackages = new Set(['@duckdb/node-api', 'better-sqlite3', 'dockerode']);

/** What is not there, and folders of which nobody can mean the whole: with what lies beside the connector, and our copy. */
async function refuseUnfit(
  path: string,
  { file, folder }: { readonly file: string; readonly folder: string },
): Promise<void> {
  const real = await realpath(path).catch((cause: unknown) => {
    throw notIncluded(path, messageOf(cause), { cause });
  });
  const guidance = 'Name the files and folders in it that the connector reads.';
  if (holds(real, dirname(dirname(await realpath(file)))))
    throw notIncluded(path, "it is above the connector's folder", { guidance });
  if (holds(real, await realpath(folder)))
    throw notIncluded(path, 'the image is put together in a folder in it', { guidance });
}

function holds(folder: string, path: string): boolean {
  const [first] = relative(folder, path).split(sep);
  return first !== '..' && !isAbsolute(first ?? '');
}

function notIncluded(path: string, why: string, details: { guidance?: string; cause?: unknown }): InputError {
  return new InputError(`${path} cannot be included: ${why}`, { ...details, context: { path } });
}

/** Of what is included, the files that may import others. */
async function scriptsIn(paths: readonly string[]): Promise<readonly string[]> {
  const kinds = await Promise.all(paths.map(async (path) => ({ path, isFile: (await stat(path)).isFile() })));
  return kinds.filter(({ isFile }) => isFile).map(({ path }) => path);
}

async function copyPackages(
  packages: readonly InstalledPackage[],
  root: string,
  target: string,
): Promise<void> {
  for (const { folder, links } of packages) {
    await copy(folder, join(target, relative(root, folder)));
    for (const link of links) {
      const at = join(target, relative(root, link));
      await mkdir(dirname(at), { recursive: true });
      await symlink(relative(dirname(link), folder), at).catch((error: unknown) => {
        if (errnoOf(error) !== 'EEXIST') throw error;
      });
    }
  }
}

/** The library that runs, as it is published, with the packages that a served connector needs; answers its main file. */
async function copyLibrary(target: string): Promise<string> {
  const library = await libraryFolder(dirname(fileURLToPath(import.meta.url)));
  const main = join(library, 'dist', 'cli', 'main.js');
  if ((await stat(main).catch(() => undefined)) === undefined) {
    throw new NotRunnableError('this Sluice has not been built: there is no dist/cli/main.js', {
      guidance: 'Run `npm run build` in its folder.',
      context: { path: main },
    });
  }
  const names = await dependenciesOf(library);
  const wanted = names.map((name) => ({ name, from: library }));
  const packages = await installedPackages(wanted, unusedPackages);
  const parts = ['package.json', 'dist', 'registry'].map((part) => join(library, part));
  const root = commonFolder([...parts, ...placesOf(packages)]);
  for (const part of parts) await copy(part, join(target, relative(root, part)));
  await copyPackages(packages, root, target);
  return inPosix(relative(root, main));
}

async function libraryFolder(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined);
  if (text !== undefined || dirname(folder) === folder) return folder;
  return libraryFolder(dirname(folder));
}

/** Without the packages that lie in it, each of which is copied for itself, and what is private or of no use. */
async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const isLink = (await lstat(from)).isSymbolicLink();
  await cp(from, to, {
    recursive: true,
    dereference: isLink,
    filter: (path) => path === from || !/^(node_modules|\.git|\.sluice)$/.test(basename(path)),
  });
}

function placesOf(packages: readonly InstalledPackage[]): readonly string[] {
  return packages.flatMap(({ folder, links }) => [folder, ...links]);
}

/** The folder that holds all of them, and above every `node_modules`: Node looks for packages by that name. */
function commonFolder(paths: readonly string[]): string {
  const [first = [], ...others] = paths.map((path) => dirname(path).split(sep));
  const end = first.findIndex(
    (part, at) => part === 'node_modules' || others.some((other) => other[at] !== part),
  );
  return (end < 0 ? first : first.slice(0, end)).join(sep) || sep;
}

function inPosix(path: string): string {
  return path.split(sep).join('/');
}

/** A word as a shell takes it. */
function shellWord(word: string): string {
  return /^[\w./#@:+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
