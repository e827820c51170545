import { ConnectorUnknownError, InputError } from '../errors.ts';
import { findOnPath } from '../executors/find-program.ts';
import type { ConnectorProgram, Executor } from '../protocol/flow.ts';
import { nearest } from '../protocol/nearest.ts';
import { builtIn, builtInOf } from './built-in.ts';
import { manifestExecutor } from './manifest-run.ts';
import type { ConnectorKind, ConnectorOptions } from './options.ts';
import { type RegistryEntry, readRegistry } from './registry.ts';
import { refuseUnusable, type Way } from './ways.ts';

/** Who runs a connector, and, where it could have been run otherwise too, what to tell about the choice. */
export interface Resolution {
  readonly executor: Executor;
  readonly notice?: string;
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

/**
 * Finds out how to run a connector: as the caller said; else in this process, if it is built in; else by the program
 * of that name on PATH; else as the registry says.
 */
export async function resolve({
  name,
  written,
  kind,
  program,
  options,
  way,
}: Resolving): Promise<Resolution> {
  if (program !== undefined) return { executor: await inProcess(name, async () => program, options) };
  if (way !== undefined) return { executor: await asNamed(name, way, options) };

  const load = builtInOf(name);
  const onPath = await findOnPath(name);
  const registered = readRegistry().find((entry) => entry.name === name);
  const pythonPackage = packageOf(registered);
  if (load !== undefined) {
    return {
      executor: await inProcess(name, load, options),
      ...told(`${name}: runs built in`, [
        onPath === undefined ? undefined : `on PATH (${onPath}); say localExecutable: true to run that`,
        pythonPackage === undefined
          ? undefined
          : `as a Python package (${pythonPackage}); say usePython: true to run that`,
      ]),
    };
  }
  if (onPath !== undefined) {
    refuseUnusable(options, 'program', `${name}: found on PATH (${onPath}), where`);
    return {
      executor: await programOf(name, onPath, options),
      ...told(`${name}: runs the program on PATH (${onPath})`, [
        pythonPackage === undefined
          ? undefined
          : `as a Python package (${pythonPackage}); say usePython: true to run that`,
      ]),
    };
  }
  if (pythonPackage !== undefined) {
    refuseUnusable(options, 'python', `${name}: runs as a Python package (${pythonPackage}), where`);
    return { executor: await pythonOf(name, options) };
  }
  throw unknownConnector(name, kind, written);
}

async function asNamed(name: string, way: Way, options: ConnectorOptions): Promise<Executor> {
  if (way === 'program')
    return programOf(
      name,
      options.localExecutable === true ? name : (options.localExecutable ?? name),
      options,
    );
  if (way === 'python') return pythonOf(name, options);
  if (way === 'docker') return dockerOf(name, options);
  if (way === 'manifest') return manifestExecutor(name, options);
  if (way === 'spec only') return specOnly(name);
  if (way === 'own executor' && options.executor !== undefined) return options.executor;
  throw new InputError(`${name}: this version cannot run it by ${way}`);
}

async function inProcess(
  name: string,
  load: () => Promise<ConnectorProgram>,
  { timeouts }: ConnectorOptions,
): Promise<Executor> {
  const { InProcessExecutor } = await import('../executors/in-process.ts');
  return new InProcessExecutor(name, { load, timeouts });
}

async function programOf(
  name: string,
  command: string,
  { env, timeouts }: ConnectorOptions,
): Promise<Executor> {
  const { ProcessExecutor } = await import('../executors/process.ts');
  return new ProcessExecutor(name, { command, env, timeouts });
}

async function pythonOf(name: string, options: ConnectorOptions): Promise<Executor> {
  const { PythonExecutor } = await import('../executors/python.ts');
  const { pipUrl, usePython, version, installRoot, installIfMissing, env, timeouts } = options;
  return new PythonExecutor(name, {
    pipUrl,
    usePython: usePython === false ? undefined : usePython,
    version,
    installRoot,
    installIfMissing,
    env,
    timeouts,
  });
}

async function dockerOf(name: string, options: ConnectorOptions): Promise<Executor> {
  const { DockerExecutor } = await import('../executors/docker.ts');
  const { dockerImage = true, version, docker, useHostNetwork, env, timeouts } = options;
  return new DockerExecutor(name, {
    ...docker,
    ...(useHostNetwork === true ? { network: 'host' } : {}),
    image: dockerImage,
    version,
    env,
    timeouts,
  });
}

async function specOnly(name: string): Promise<Executor> {
  const { SpecOnlyExecutor } = await import('../executors/spec-only.ts');
  return new SpecOnlyExecutor(name, {
    load: async () => {
      const load = builtInOf(name);
      if (load !== undefined) return (await load()).spec;
      throw new InputError(
        `${name}: its spec is not known here, and with noExecutor nothing is run to ask for it`,
        {
          guidance: `Leave noExecutor out. Specs known here: ${Object.keys(builtIn).join(', ')}.`,
        },
      );
    },
  });
}

function packageOf(entry: RegistryEntry | undefined): string | undefined {
  const run = entry?.runs.find((one) => one.way === 'python');
  return run?.way === 'python' ? run.package : undefined;
}

function told(choice: string, others: readonly (string | undefined)[]): { readonly notice?: string } {
  const also = others.filter((one) => one !== undefined);
  return also.length === 0 ? {} : { notice: `${choice}; it could also be run ${also.join('; or ')}` };
}

function unknownConnector(name: string, kind: ConnectorKind, written: string): ConnectorUnknownError {
  const names = new Set([...Object.keys(builtIn), ...readRegistry().map((entry) => entry.name)]);
  const known = [...names].filter((one) => one.startsWith(`${kind}-`));
  // Compared without what all of them begin with.
  const start = kind.length + 1;
  const ends = known.map((one) => one.slice(start));
  const misspelt = nearest(written, known)[0]?.slice(start);
  const close = nearest(name.slice(start), ends)[0] ?? misspelt;
  const hint = close === undefined ? '' : `; did you mean "${kind}-${close}"?`;
  return new ConnectorUnknownError(`no ${kind} "${written}" is built in, on PATH or in the registry${hint}`, {
    guidance:
      `If it is on PyPI as airbyte-${name}, say usePython: true; another package: pipUrl; ` +
      `an image: dockerImage; a program of yours: localExecutable. Known ${kind}s: ${known.join(', ')}.`,
    context: { connector: name, known },
  });
}
