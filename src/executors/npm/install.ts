import { mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { InstallError, NotRunnableError, SluiceError, storageError } from '../../errors.ts';
import type { ExecutionOptions } from '../../protocol/flow.ts';
import type { LogSink } from '../../protocol/log.ts';
import type { Timeouts } from '../../protocol/timeouts.ts';
import { mask } from '../../secrets.ts';
import { type Environment, npmEnvironment } from '../environment.ts';
import { findOnPath } from '../find-program.ts';
import { checkInstalled, lockInstallation, makeInstallRoot } from '../install-lock.ts';
import { openTools, type Tools } from '../run-tool.ts';
import { tellingLine } from '../stderr.ts';
import { findInstalledNpm, type NpmNote, type NpmPackage, packageIn, writeNote } from './package.ts';
import type { NpmRequest } from './request.ts';

interface InstallOptions extends Partial<ExecutionOptions> {
  readonly env: Environment;
  readonly timeouts: Timeouts;
  /** What a connector gets that imports `sluice`: the library that runs. */
  readonly library: Library;
  /** Install anew what is there already, unless it is the pinned version. */
  readonly renew?: boolean;
}

/** The library that runs, as packages find it. */
export interface Library {
  readonly version: string;
  /** The URL of what it exports. */
  readonly url: string;
}

/**
 * Installs a connector's package, with all that it needs, into a folder of its own: beside it first, then in its place
 * by one renaming, so that what is there is whole at any moment. One installation at a time: who comes second waits and
 * takes what the first has installed.
 */
export async function installNpm(request: NpmRequest, options: InstallOptions): Promise<NpmPackage> {
  const { env, timeouts, signal, renew = false } = options;
  const { name, folder, label } = request;
  await makeInstallRoot(request, folder);
  const hide = (text: string) => mask(text, options.secrets?.() ?? []);
  const log: LogSink = (entry) => options.log?.({ ...entry, message: hide(entry.message) });
  const notice = (message: string) => log({ level: 'INFO', message, connector: name, isNotice: true });
  const before = await findInstalledNpm(request);
  await using _lock = await lockInstallation(name, folder, {
    signal,
    timeouts,
    onWait: () => notice('waiting for another installation of it'),
  });
  const installed = await findInstalledNpm(request);
  const isMeanwhile = installed?.when !== before?.when;
  if (installed !== undefined && (!renew || request.pin !== undefined || isMeanwhile)) return installed;
  await using tools = await openTools({
    name,
    env: npmEnvironment(env),
    log,
    mask: hide,
    signal,
    limitMs: timeouts.installMs,
    graceMs: timeouts.graceMs,
  });
  const npm = await findNpm(name, tools.env);
  const aside = `${folder}.part`;
  try {
    await rm(aside, { recursive: true, force: true });
    notice(`installing ${label} with npm`);
    await prepareFolder(aside, options.library);
    const run = (...args: readonly string[]) => runNpm(npm, args, request, tools);
    const place = await packed(aside, request, run);
    await writeJson(join(aside, 'package.json'), {
      private: true,
      dependencies: { sluice: 'file:./sluice', [request.key]: place },
    });
    await run('install', '--prefix', aside);
    const note = await noteOf(aside, request);
    await writeNote(aside, note);
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder);
    notice(`installed ${note.package} ${note.version}`);
    return { root: folder, version: note.version, isOfProject: false, when: note.when, isNew: true };
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error instanceof SluiceError
      ? error
      : storageError(error, `${name}: cannot install into ${folder}`);
  }
}

/** Removes what was installed for a connector. */
export async function uninstallNpm(
  { name, label, folder, installRoot }: NpmRequest,
  { signal, timeouts }: Pick<InstallOptions, 'signal' | 'timeouts'>,
): Promise<void> {
  const places = [`${folder}.part`, folder];
  await checkInstalled(name, `the npm package ${label}`, places);
  await makeInstallRoot({ name, installRoot }, folder);
  await using _lock = await lockInstallation(name, folder, { signal, timeouts });
  for (const path of places) {
    await rm(path, { recursive: true, force: true }).catch((cause: unknown) => {
      throw storageError(cause, `${name}: cannot remove ${path}`);
    });
  }
}

/** Lets a connector find the library that runs, also when that lies elsewhere than at its installation. */
export async function refreshLibrary(root: string, library: Library): Promise<void> {
  const file = join(root, 'node_modules', 'sluice', 'index.js');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined || text === exportsOf(library)) return;
  await writeFile(`${file}.${process.pid}`, exportsOf(library));
  await rename(`${file}.${process.pid}`, file);
}

function exportsOf({ url }: Library): string {
  return `export * from ${JSON.stringify(url)};\n`;
}

async function prepareFolder(aside: string, library: Library): Promise<void> {
  const stub = join(aside, 'sluice');
  await mkdir(stub, { recursive: true, mode: 0o700 });
  const { version } = library;
  const exports = './index.js';
  await writeJson(join(stub, 'package.json'), { name: 'sluice', version, type: 'module', exports });
  await writeFile(join(stub, 'index.js'), exportsOf(library));
  const settings = await nearestSettings(process.cwd());
  if (settings !== undefined) await symlink(settings, join(aside, '.npmrc'));
}

/**
 * What npm is to install, for a file: a requirement may hold a password, and arguments are seen by all. A folder is
 * packed as it would be for publishing, so that what is installed stays as it was; npm would link it.
 */
async function packed(
  aside: string,
  { name, label, wanted }: NpmRequest,
  run: (...args: readonly string[]) => Promise<string>,
): Promise<string> {
  const [, path] = /^file:(.*)$/.exec(wanted) ?? [];
  const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
  if (path !== undefined && found === undefined) {
    throw new InstallError(`${name}: cannot install ${label}: there is no file or folder ${path}`, {
      guidance: 'Check the path: a relative one counts from the current folder.',
      context: { connector: name, path },
    });
  }
  if (path === undefined || found?.isDirectory() !== true) return wanted;
  const told: unknown = JSON.parse(await run('pack', path, '--pack-destination', aside, '--json'));
  const [{ filename }] = packedSchema.parse(told);
  return `file:./${filename}`;
}

const packedSchema = z.tuple([z.looseObject({ filename: z.string() })]);

function writeJson(path: string, content: unknown): Promise<void> {
  return writeFile(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

/** The project's settings for npm: its registries and what they ask for. npm looks for them where it installs. */
async function nearestSettings(from: string): Promise<string | undefined> {
  const isFile = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() === true;
  for (let folder = from; ; folder = dirname(folder)) {
    if (await isFile(join(folder, '.npmrc'))) return join(folder, '.npmrc');
    if ((await isFile(join(folder, 'package.json'))) || dirname(folder) === folder) return undefined;
  }
}

async function findNpm(name: string, env: Environment): Promise<string> {
  const found = await findOnPath('npm', env);
  if (found !== undefined) return found;
  throw new NotRunnableError(`${name}: npm is not on PATH, and this connector is an npm package`, {
    guidance: 'Install npm, or install the package in your project by other means: it is looked for there.',
    context: { connector: name },
  });
}

async function runNpm(
  npm: string,
  args: readonly string[],
  { name, label }: NpmRequest,
  tools: Tools,
): Promise<string> {
  const { isOk, how, lines, stdout } = await tools.run(npm, [...args, ...quietly]);
  if (isOk) return stdout;
  const told = lines.filter((line) => /^npm error (?!A complete log|code |path |syscall |errno )/.test(line));
  const why = told[0]?.replace(/^npm error (\d{3} )?/, '') ?? tellingLine(lines);
  throw new InstallError(`${name}: cannot install ${label}${why === undefined ? '' : `: ${why}`} (${how})`, {
    guidance: 'See the lines of the installer in the context; nothing of it was kept.',
    context: { connector: name, requirement: label, output: lines.slice(-20) },
  });
}

const quietly = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

async function noteOf(aside: string, { name, key, label, fingerprint, pin }: NpmRequest): Promise<NpmNote> {
  const installed = await packageIn(aside, key);
  const what =
    installed === undefined
      ? `npm ended well, but ${label} is not there`
      : `asked for version ${pin}, got ${installed.version}`;
  // What stands behind a plus does not tell versions apart.
  const isRight = pin === undefined || installed?.version.replace(/\+.*$/, '') === pin.replace(/\+.*$/, '');
  if (installed === undefined || !isRight) {
    throw new InstallError(`${name}: ${what}`, { context: { connector: name, requirement: label } });
  }
  const { name: own, version } = installed;
  return { requirement: label, fingerprint, package: own, version, when: new Date().toISOString() };
}
