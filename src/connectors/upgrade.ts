import { InputError, RegistryError } from '../errors.ts';
import type { ExecutionOptions } from '../protocol/flow.ts';
import { type BreakingChange, breakingBetween } from './registry/metadata.ts';
import { openRegistry, type Registry } from './registry/registry.ts';
import { compareVersions, isVersion } from './registry/versions.ts';
import type { Resolution } from './resolve.ts';

/** How a connector is upgraded. */
export interface UpgradeOptions extends Partial<ExecutionOptions> {
  /** Upgrade also where the registry says that something breaks. Default: false, which makes that an error. */
  readonly acceptBreaking?: boolean;
}

/** What an upgrade did. */
export interface Upgrade {
  /** The version that was there before; undefined if there was none. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Whether it is another version now. */
  readonly isNew: boolean;
  /** What breaks between the two, as far as the registry tells. */
  readonly breakingChanges: readonly BreakingChange[];
}

/**
 * Brings an installed connector to the version that its options name, else to the newest. What the registry says of
 * breaking changes is told before anything is installed.
 */
export async function upgradeConnector(
  name: string,
  resolution: Resolution,
  { acceptBreaking = false, ...options }: UpgradeOptions,
): Promise<Upgrade> {
  const { executor, way, installed = () => executor.version() } = resolution;
  if (way !== 'python' && way !== 'docker' && way !== 'manifest' && way !== 'npm') {
    throw new InputError(`${name}: there is nothing to upgrade: it runs ${unmanaged[way] ?? way}`, {
      guidance:
        'Sluice upgrades Python and npm packages, Docker images and manifests that it has downloaded.',
      context: { connector: name },
    });
  }
  if (way === 'npm') {
    // No registry of connectors tells of npm packages: npm alone knows what is newest, and nobody what breaks.
    const from = await installed();
    await executor.install(options);
    const to = await executor.version();
    return { from, to, isNew: from !== to, breakingChanges: [] };
  }
  const registry = await askedNow(name, options);
  for (const entry of registry.notices) options.log?.(entry);
  const metadata = resolution.isOther === true ? undefined : registry.find(name);
  const from = await installed();
  const registered = metadata?.ways.find((one) => one.way === way);
  const newest = registered?.way === way ? registered.version : undefined;
  const wanted = resolution.wanted ?? newest;
  // Of a manifest, what runs it is renewed all the same.
  if (way !== 'manifest' && isReached(from, wanted))
    return { from, to: from, isNew: false, breakingChanges: [] };

  const breakingChanges =
    from === undefined || wanted === undefined
      ? []
      : breakingBetween(metadata?.breakingChanges ?? [], from, wanted);
  if (breakingChanges.length > 0 && !acceptBreaking) throw breaks(name, from, breakingChanges);
  for (const change of breakingChanges) options.log?.({ level: 'WARN', message: `${name}: ${told(change)}` });
  if (from !== undefined && newest === undefined) {
    const message = `${name}: the registry tells of no version of it, so what an upgrade breaks is not known`;
    options.log?.({ level: 'WARN', message });
  }
  await executor.install(options);
  const to = await executor.version();
  return { from, to, isNew: from !== to, breakingChanges };
}

/** What the registry says today, or, where it cannot be asked, what it last said. */
async function askedNow(name: string, { signal }: UpgradeOptions): Promise<Registry> {
  try {
    return await openRegistry({ refresh: true, signal }, name);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    const registry = await openRegistry({ offline: true }, name);
    return { ...registry, notices: [{ level: 'WARN', message: error.message }, ...registry.notices] };
  }
}

function isReached(from: string | undefined, wanted: string | undefined): boolean {
  if (from === undefined || wanted === undefined) return false;
  return isVersion(from) && isVersion(wanted) ? compareVersions(from, wanted) >= 0 : from === wanted;
}

function breaks(name: string, from: string | undefined, changes: readonly BreakingChange[]): InputError {
  const [first, ...others] = changes;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  const what = first === undefined ? '' : `: ${told(first)}`;
  return new InputError(`${name}: an upgrade from ${from} breaks something${what}${more}`, {
    guidance: 'Do what it asks for, then upgrade with acceptBreaking: true.',
    context: { connector: name, breakingChanges: changes },
  });
}

function told({ version, message, migrationUrl }: BreakingChange): string {
  const how = migrationUrl === undefined ? '' : ` (${migrationUrl})`;
  return `${version}: ${message.replaceAll(/\s+/g, ' ')}${how}`;
}

const unmanaged: Readonly<Partial<Record<Resolution['way'], string>>> = {
  'built in': 'built in, and is upgraded with Sluice',
  program: 'as a program, which is yours',
  'spec only': 'not at all (noExecutor)',
  'own executor': 'by an executor of your own',
};
