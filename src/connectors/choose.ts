import { ConnectorUnknownError, NotRunnableError, unreachable } from '../errors.ts';
import { findOnPath } from '../executors/find-program.ts';
import type { ConnectorProgram } from '../protocol/flow.ts';
import type { LogEntry } from '../protocol/log.ts';
import { nearest } from '../protocol/nearest.ts';
import { builtIn, builtInOf } from './built-in.ts';
import type { ConnectorKind } from './options.ts';
import type { RegistryOptions } from './registry/load.ts';
import type { ConnectorMetadata, ConnectorWay } from './registry/metadata.ts';
import { openRegistry } from './registry/registry.ts';
import { readSnapshot } from './registry/snapshot.ts';

/** What runs a connector. */
export type Run =
  | { readonly way: 'built in'; readonly load: () => Promise<ConnectorProgram> }
  | { readonly way: 'program'; readonly path: string }
  | Exclude<ConnectorWay, { readonly way: 'built in' }>;

/** How a connector is run for which no way was named, and why so. */
export interface Choice {
  readonly run: Run;
  /** `runs built in`, `runs the program on PATH (…)`, `runs as a Python package (…), which the registry prefers`. */
  readonly told: string;
  /** How else it could be run, and what to say for it. */
  readonly others: readonly string[];
  /** What the registry had to be asked for, where it had to be asked. */
  readonly metadata?: ConnectorMetadata | undefined;
  readonly notices: readonly LogEntry[];
}

interface Wanted {
  readonly name: string;
  /** The name as the caller wrote it: perhaps without what it begins with. */
  readonly written: string;
  readonly kind: ConnectorKind;
}

/**
 * Finds out how to run a connector: in this process, if it is built in; else by the program of that name on PATH; else
 * as the registry prefers. Only for the last is the registry asked.
 */
export async function chooseRun(
  { name, written, kind }: Wanted,
  options: RegistryOptions = {},
): Promise<Choice> {
  const load = builtInOf(name);
  const path = await findOnPath(name);
  const shipped =
    readSnapshot()
      .find((one) => one.name === name)
      ?.ways.flatMap(runOf) ?? [];
  if (load !== undefined) {
    const programs = path === undefined ? [] : [{ way: 'program', path } as const];
    const others = [...programs, ...shipped].map((run) => otherwise(name, run));
    return { run: { way: 'built in', load }, told: 'runs built in', others, notices: [] };
  }
  if (path !== undefined) {
    const others = shipped.map((run) => otherwise(name, run));
    return { run: { way: 'program', path }, told: `runs the program on PATH (${path})`, others, notices: [] };
  }
  const registry = await openRegistry(options, name);
  const metadata = registry.find(name);
  const [first, ...rest] = metadata?.ways.flatMap(runOf) ?? [];
  const { notices } = registry;
  if (first === undefined) {
    if (metadata !== undefined) throw noWay(name, notices);
    const names = registry.all().map((one) => one.name);
    throw unknownConnector({ name, written, kind }, names, notices);
  }
  const preferred = rest.length === 0 ? '' : ', which the registry prefers';
  return {
    run: first,
    told: `runs ${saying(first)}${preferred}`,
    others: rest.map((run) => otherwise(name, run)),
    metadata,
    notices,
  };
}

/** A way in words: "as a Python package (airbyte-source-x)". */
export function saying(run: Run): string {
  switch (run.way) {
    case 'built in':
      return 'built in';
    case 'program':
      return `on PATH (${run.path})`;
    case 'python':
      return `as a Python package (${run.package})`;
    case 'docker':
      return `in Docker (${run.image}:${run.version})`;
    case 'manifest':
      return `from its manifest (${run.version})`;
    default:
      return unreachable(run);
  }
}

function runOf(way: ConnectorWay): readonly Exclude<ConnectorWay, { way: 'built in' }>[] {
  return way.way === 'built in' ? [] : [way];
}

function otherwise(name: string, run: Run): string {
  return `${saying(run)}; say ${optionFor(name, run)} to run that`;
}

/** The option that names a way; where the package or image does not bear the connector's name, it is given. */
function optionFor(name: string, run: Run): string {
  switch (run.way) {
    case 'python':
      return run.package === `airbyte-${name}` ? 'usePython: true' : `pipUrl: "${run.package}"`;
    case 'docker':
      return run.image === `airbyte/${name}`
        ? 'dockerImage: true'
        : `dockerImage: "${run.image}:${run.version}"`;
    case 'manifest':
      return 'sourceManifest: true';
    default:
      return 'localExecutable: true';
  }
}

function noWay(name: string, notices: readonly LogEntry[]): NotRunnableError {
  return new NotRunnableError(`${name}: it is in the registry, which tells of no way to run it`, {
    guidance: `Its entry has no version of an image, no package and no manifest. ${waysToSay(name)}${noteOf(notices)}`,
    context: { connector: name },
  });
}

function unknownConnector(
  { name, written, kind }: Wanted,
  registered: readonly string[],
  notices: readonly LogEntry[],
): ConnectorUnknownError {
  const names = new Set([...Object.keys(builtIn), ...registered]);
  const known = [...names].filter((one) => one.startsWith(`${kind}-`));
  // Compared without what all of them begin with.
  const start = kind.length + 1;
  const ends = known.map((one) => one.slice(start));
  const misspelt = nearest(written, known)[0]?.slice(start);
  const close = nearest(name.slice(start), ends)[0] ?? misspelt;
  const hint = close === undefined ? '' : `; did you mean "${kind}-${close}"?`;
  const listed =
    known.length > mostListed
      ? `There are ${known.length} ${kind}s: sluice connectors lists them.`
      : `Known ${kind}s: ${known.join(', ')}.`;
  return new ConnectorUnknownError(`no ${kind} "${written}" is built in, on PATH or in the registry${hint}`, {
    guidance: `${waysToSay(name)} ${listed}${noteOf(notices)}`,
    context: { connector: name, known: known.slice(0, mostListed) },
  });
}

function waysToSay(name: string): string {
  return (
    `If it is on PyPI as airbyte-${name}, say usePython: true; another package: pipUrl; ` +
    'an image: dockerImage; a program of yours: localExecutable.'
  );
}

/** What was wrong with the registry, which may be why. */
function noteOf([trouble]: readonly LogEntry[]): string {
  return trouble === undefined ? '' : ` Note: ${trouble.message}.`;
}

const mostListed = 20;
