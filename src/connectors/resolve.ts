import { InputError, unreachable } from '../errors.ts';
import { imageOf } from '../executors/docker/image.ts';
import type { ConnectorProgram, Executor } from '../protocol/flow.ts';
import type { LogEntry } from '../protocol/log.ts';
import { builtIn, builtInOf } from './built-in.ts';
import { type Choice, chooseRun, type Run, saying } from './choose.ts';
import { manifestRun } from './manifest-run.ts';
import { npmExecutor } from './npm-run.ts';
import type { ConnectorKind, ConnectorOptions } from './options.ts';
import { breakingBetween, type ConnectorMetadata, type ConnectorWay } from './registry/metadata.ts';
import { openRegistry } from './registry/registry.ts';
import { viaOf } from './via.ts';
import { refuseUnusable, type Way } from './ways.ts';

/** Who runs a connector, and what to tell about it. */
export interface Resolution {
  readonly executor: Executor;
  readonly way: Way | 'built in';
  /** Told once: how it could have been run otherwise, what an upgrade breaks, that the registry cannot be asked. */
  readonly notices: readonly LogEntry[];
  /** What the registry says of the connector, if it was asked. */
  readonly metadata?: ConnectorMetadata | undefined;
  /** Whether it is run from another package or image than the one that the registry knows by its name. */
  readonly isOther?: boolean;
  /** The version that is asked for, if it is known. */
  readonly wanted?: string | undefined;
  /** The version that is installed, whichever is wanted. */
  readonly installed?: (() => Promise<string | undefined>) | undefined;
}

export interface Resolving {
  readonly name: string;
  /** The name as the caller wrote it: perhaps without what it begins with. */
  readonly written: string;
  readonly kind: ConnectorKind;
  /** Given when the caller brought the connector itself. */
  readonly program?: ConnectorProgram | undefined;
  readonly options: ConnectorOptions;
  readonly way: Way | undefined;
}

/** Finds out how to run a connector: as the caller said; else as `chooseRun` finds. */
export async function resolve({
  name,
  written,
  kind,
  program,
  options,
  way,
}: Resolving): Promise<Resolution> {
  if (program !== undefined) return builtInBy(name, async () => program, options);
  if (way !== undefined) {
    const isOther = options.pipUrl !== undefined || viaOf({ name, program, options, way }) !== undefined;
    return { ...(await asNamed(name, kind, way, options)), isOther };
  }
  const choice = await chooseRun({ name, written, kind });
  const resolution = await byChoice(name, choice, options);
  return { ...resolution, notices: [...choice.notices, ...told(name, choice), ...resolution.notices] };
}

async function byChoice(name: string, choice: Choice, options: ConnectorOptions): Promise<Resolution> {
  const { run, metadata } = choice;
  if (run.way !== 'built in') refuseUnusable(options, run.way, `${name}: ${usedBy(run)}, where`);
  switch (run.way) {
    case 'built in':
      return builtInBy(name, run.load, options);
    case 'program':
      return { executor: await programOf(name, run.path, options), way: 'program', notices: [] };
    case 'python':
      return pythonOf(name, options, run, metadata);
    case 'docker':
      return dockerOf(name, options, run, metadata);
    case 'manifest':
      return manifestOf(name, options, run, metadata);
    default:
      return unreachable(run);
  }
}

function usedBy(run: Run): string {
  return run.way === 'program' ? `found ${saying(run)}` : `runs ${saying(run)}`;
}

/** What was chosen is told where there was a choice. */
function told(name: string, { told: what, others, metadata }: Choice): readonly LogEntry[] {
  if (others.length === 0 && metadata === undefined) return [];
  const also = others.length === 0 ? '' : `; it could also be run ${others.join('; or ')}`;
  return [{ level: 'INFO', message: `${name}: ${what}${also}` }];
}

async function asNamed(
  name: string,
  kind: ConnectorKind,
  way: Way,
  options: ConnectorOptions,
): Promise<Resolution> {
  const { localExecutable = true, version, pipUrl, npmPackage } = options;
  if (way === 'program') {
    const command = localExecutable === true ? name : localExecutable;
    return { executor: await programOf(name, command, options), way, notices: [] };
  }
  if (way === 'python') {
    if (version !== 'latest' || pipUrl !== undefined) return pythonOf(name, options);
    const registry = await openRegistry({}, name);
    const metadata = registry.find(name);
    const own = metadata?.ways.find((one) => one.way === 'python' && one.package === `airbyte-${name}`);
    const resolution = await pythonOf(name, options, own?.way === 'python' ? own : undefined, metadata);
    return { ...resolution, notices: [...registry.notices, ...resolution.notices] };
  }
  if (way === 'docker') return dockerOf(name, options);
  if (way === 'manifest') return manifestOf(name, options);
  if (way === 'npm' && npmPackage !== undefined) {
    const executor = await npmExecutor(name, kind, { ...options, npmPackage });
    return { executor, way, notices: [], installed: () => executor.version() };
  }
  if (way === 'spec only') return { executor: await specOnly(name), way, notices: [] };
  if (way === 'own executor' && options.executor !== undefined)
    return { executor: options.executor, way, notices: [] };
  throw new InputError(`${name}: this version cannot run it by ${way}`);
}

async function builtInBy(
  name: string,
  load: () => Promise<ConnectorProgram>,
  { timeouts }: ConnectorOptions,
): Promise<Resolution> {
  const { InProcessExecutor } = await import('../executors/in-process.ts');
  return { executor: new InProcessExecutor(name, { load, timeouts }), way: 'built in', notices: [] };
}

async function programOf(
  name: string,
  command: string,
  { env, timeouts }: ConnectorOptions,
): Promise<Executor> {
  const { ProcessExecutor } = await import('../executors/process.ts');
  return new ProcessExecutor(name, { command, env, timeouts });
}

/** With "latest" the version that the registry has, so that an older one that is installed is replaced. */
async function pythonOf(
  name: string,
  options: ConnectorOptions,
  run?: Extract<ConnectorWay, { way: 'python' }>,
  metadata?: ConnectorMetadata,
): Promise<Resolution> {
  const { PythonExecutor } = await import('../executors/python.ts');
  const { usePython, installRoot, installIfMissing, env, timeouts } = options;
  const version = options.version === 'latest' ? run?.version : options.version;
  const isOfItsName = run === undefined || run.package === `airbyte-${name}`;
  const open = (pin: string | undefined) =>
    new PythonExecutor(name, {
      pipUrl: isOfItsName ? options.pipUrl : `${run.package}${pin === undefined ? '' : `==${pin}`}`,
      usePython: usePython === false ? undefined : usePython,
      version: pin,
      installRoot,
      installIfMissing,
      env,
      timeouts,
    });
  const installed = () => open(undefined).version();
  const notices = await breakingNotices(name, installed, version, metadata);
  return { executor: open(version), way: 'python', notices, metadata, wanted: version, installed };
}

async function breakingNotices(
  name: string,
  installed: () => Promise<string | undefined>,
  wanted: string | undefined,
  metadata: ConnectorMetadata | undefined,
): Promise<readonly LogEntry[]> {
  if (wanted === undefined || metadata === undefined) return [];
  const before = await installed();
  if (before === undefined) return [];
  return breakingBetween(metadata.breakingChanges, before, wanted).map(({ version, message }) => ({
    level: 'WARN',
    message: `${name}: version ${version} breaks with ${before}, which was installed: ${message}`,
  }));
}

/**
 * As the caller said, or as the registry has it. Airbyte tags what is newest `latest`, which is then run for as long as
 * it is there; of other images only the version is known that the registry names.
 */
async function dockerOf(
  name: string,
  options: ConnectorOptions,
  run?: Extract<ConnectorWay, { way: 'docker' }>,
  metadata?: ConnectorMetadata,
): Promise<Resolution> {
  const { DockerExecutor } = await import('../executors/docker.ts');
  const { dockerImage = true, docker, useHostNetwork, env, timeouts } = options;
  const isAirbytes = run?.image === `airbyte/${name}`;
  const isOpen = options.version === 'latest' || (options.version === undefined && !isAirbytes);
  const version = (isOpen ? run?.version : undefined) ?? options.version;
  const image = run?.image ?? dockerImage;
  const { tag } = imageOf(name, { image, version });
  const executor = new DockerExecutor(name, {
    ...docker,
    ...(useHostNetwork === true ? { network: 'host' } : {}),
    image,
    version,
    env,
    timeouts,
  });
  return {
    executor,
    way: 'docker',
    notices: [],
    metadata,
    wanted: tag === 'latest' ? undefined : tag,
  };
}

async function manifestOf(
  name: string,
  options: ConnectorOptions,
  run?: Extract<ConnectorWay, { way: 'manifest' }>,
  metadata?: ConnectorMetadata,
): Promise<Resolution> {
  const { executor, wanted, installed } = await manifestRun(name, options, run);
  const notices = await breakingNotices(name, installed, wanted, metadata);
  return { executor, way: 'manifest', notices, metadata, wanted, installed };
}

async function specOnly(name: string): Promise<Executor> {
  const { SpecOnlyExecutor } = await import('../executors/spec-only.ts');
  return new SpecOnlyExecutor(name, {
    load: async () => {
      const load = builtInOf(name);
      if (load !== undefined) return (await load()).spec;
      const registry = await openRegistry({}, name);
      const spec = registry.find(name)?.spec;
      if (spec !== undefined) return spec;
      const [trouble] = registry.notices;
      throw new InputError(
        `${name}: its spec is not known here, and with noExecutor nothing is run to ask for it`,
        {
          guidance:
            `Leave noExecutor out. Specs are known of what is built in (${Object.keys(builtIn).join(', ')}) ` +
            `and of what is in the registry (${registry.origin.label}).` +
            (trouble === undefined ? '' : ` Note: ${trouble.message}.`),
        },
      );
    },
  });
}
