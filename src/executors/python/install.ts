import { rename, rm } from 'node:fs/promises';
import { errnoOf, InstallError, SluiceError, storageError } from '../../errors.ts';
import type { ExecutionOptions } from '../../protocol/flow.ts';
import type { LogSink } from '../../protocol/log.ts';
import type { Timeouts } from '../../protocol/timeouts.ts';
import { mask } from '../../secrets.ts';
import { type Environment, installerEnvironment, pipSettingsForUv } from '../environment.ts';
import { checkInstalled, lockInstallation, makeInstallRoot } from '../install-lock.ts';
import { openTools, type Tools } from '../run-tool.ts';
import { tellingLine } from '../stderr.ts';
import { inspectVenv } from './inspect.ts';
import { adviceOnVenv, findMaker, type Maker, verifyPython } from './interpreter.ts';
import { type PythonRequest, requirementArguments } from './request.ts';
import { findInstalled, type Installed, programFile, sameVersion, venvFolder, writeMarker } from './venv.ts';

interface InstallOptions extends Partial<ExecutionOptions> {
  readonly env: Environment;
  readonly timeouts: Timeouts;
  /** Install anew what is there already, unless it is the pinned version. */
  readonly renew?: boolean;
}

/**
 * Installs a connector into a virtual environment of its own, in place, since such an environment cannot be moved. One
 * installation at a time: who comes second waits and takes what the first has installed. On failure what was there
 * before is put back; what an interruption leaves lacks the mark of a whole one.
 */
export async function installPython(request: PythonRequest, options: InstallOptions): Promise<Installed> {
  const { env, timeouts, signal, renew = false } = options;
  const { name } = request;
  const folder = venvFolder(request);
  await makeInstallRoot(request, folder);
  const hide = (text: string) => mask(text, options.secrets?.() ?? []);
  const log: LogSink = (entry) => options.log?.({ ...entry, message: hide(entry.message) });
  const notice = (message: string) => log({ level: 'INFO', message, connector: name, isNotice: true });
  const before = await findInstalled(request);
  await using _lock = await lockInstallation(name, folder, {
    signal,
    timeouts,
    onWait: () => notice('waiting for another installation of it'),
  });
  const installed = await findInstalled(request);
  if (
    installed !== undefined &&
    (!renew || request.pin !== undefined || installedMeanwhile(before, installed))
  ) {
    return installed;
  }

  const installerEnv = installerEnvironment(env);
  await using tools = await openTools({
    name,
    env: { ...pipSettingsForUv(installerEnv), ...installerEnv },
    log,
    mask: hide,
    signal,
    limitMs: timeouts.installMs,
    graceMs: timeouts.graceMs,
  });
  const maker = await findMaker(request, tools);
  const aside = `${folder}.before`;
  await rm(aside, { recursive: true, force: true });
  const hadOne = await rename(folder, aside).then(
    () => true,
    (cause: unknown) => {
      if (errnoOf(cause) === 'ENOENT') return false;
      throw storageError(cause, `${name}: cannot put ${folder} aside`);
    },
  );
  try {
    notice(`installing ${request.label} with ${maker.tool}`);
    const fresh = await installInto(folder, request, maker, tools);
    notice(`installed ${fresh.package} ${fresh.version}`);
    await rm(aside, { recursive: true, force: true });
    return fresh;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (hadOne) await rename(aside, folder);
    throw error instanceof SluiceError
      ? error
      : storageError(error, `${name}: cannot install into ${folder}`);
  }
}

/** Removes a connector's virtual environment. */
export async function uninstallPython(
  request: PythonRequest,
  { signal, timeouts }: Pick<InstallOptions, 'signal' | 'timeouts'>,
): Promise<void> {
  const folder = venvFolder(request);
  const places = [`${folder}.before`, folder];
  await checkInstalled(request.name, `the Python package ${request.label}`, places);
  await makeInstallRoot(request, folder);
  await using _lock = await lockInstallation(request.name, folder, { signal, timeouts });
  for (const path of places) {
    await rm(path, { recursive: true, force: true }).catch((cause: unknown) => {
      throw storageError(cause, `${request.name}: cannot remove ${path}`);
    });
  }
}

/** Whether what is there now is not what was there when we began to wait. */
function installedMeanwhile(before: Installed | undefined, now: Installed): boolean {
  return before?.when !== now.when;
}

async function installInto(
  folder: string,
  request: PythonRequest,
  maker: Maker,
  tools: Tools,
): Promise<Installed> {
  const python = programFile(folder, 'python');
  const writeFile = (text: string) => tools.writeFile('requirements.txt', text);
  const step = async (what: string, file: string, args: readonly string[]) => {
    const result = await tools.run(file, args);
    if (result.isOk) return;
    const { lines, how } = result;
    const why = tellingLine(lines);
    throw new InstallError(`${request.name}: cannot ${what}${why === undefined ? '' : `: ${why}`} (${how})`, {
      guidance:
        adviceOnVenv(lines) ?? 'See the lines of the installer in the context; nothing of it was kept.',
      context: { connector: request.name, requirement: request.label, output: lines.slice(-20) },
    });
  };
  if (maker.tool === 'uv') {
    await step('make a virtual environment', maker.uv, [
      'venv',
      '--no-project',
      '--python',
      maker.python,
      folder,
    ]);
    await step(`install ${request.label}`, maker.uv, [
      'pip',
      'install',
      '--python',
      python,
      ...(await requirementArguments(request.words, writeFile)),
    ]);
  } else {
    await step('make a virtual environment', maker.python, ['-m', 'venv', folder]);
    await step(`install ${request.label}`, python, [
      ...pipInstall,
      ...(await requirementArguments(request.words, writeFile)),
    ]);
  }
  const found = await inspectVenv(folder, request, tools);
  verifyPython(request, found.python);
  if (request.pin !== undefined && !sameVersion(found.version, request.pin)) {
    throw new InstallError(`${request.name}: asked for version ${request.pin}, got ${found.version}`, {
      guidance: 'Give the same version in `pipUrl` and `version`, or leave one of them out.',
      context: { connector: request.name, package: found.package },
    });
  }
  return writeMarker(folder, {
    name: request.folder,
    requirement: request.label,
    fingerprint: request.fingerprint,
    program: found.program,
    package: found.package,
    version: found.version,
    python: found.python,
    interpreter: request.python.kind === 'path' ? request.python.path : maker.python,
    when: new Date().toISOString(),
  });
}

const pipInstall = [
  '-m',
  'pip',
  'install',
  '--no-input',
  '--disable-pip-version-check',
  '--progress-bar',
  'off',
];
