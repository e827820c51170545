import type { LogEntry } from '../../protocol/log.ts';
import { metadataOf } from './airbyte-entries.ts';
import { loadRegistry, type RegistryOptions, type RegistryOrigin } from './load.ts';
import type { ConnectorMetadata, ConnectorWay } from './metadata.ts';
import { builtInSpec, readSnapshot } from './snapshot.ts';

/** What is known of connectors: by the registry, and by the snapshot that comes with Sluice. */
export interface Registry {
  readonly origin: RegistryOrigin;
  /** What there is to tell of how the registry was found. */
  readonly notices: readonly LogEntry[];
  find(name: string): ConnectorMetadata | undefined;
  /** All of them, by name. */
  all(): readonly ConnectorMetadata[];
}

/** Opens the registry. With the name of a connector that the snapshot has, it waits less long for the network. */
export async function openRegistry(options: RegistryOptions = {}, wanted?: string): Promise<Registry> {
  const snapshot = new Map(readSnapshot().map((metadata) => [metadata.name, metadata]));
  const hasFallback = wanted !== undefined && snapshot.has(wanted);
  const { entries, base, origin, notices } = await loadRegistry({ ...options, hasFallback });
  const registered = new Map(entries.map((entry) => [entry.name, entry]));
  const find = (name: string) => {
    const entry = registered.get(name);
    return both(entry === undefined ? undefined : metadataOf(entry, base), snapshot.get(name));
  };
  return {
    origin,
    notices,
    find,
    all: () =>
      [...new Set([...snapshot.keys(), ...registered.keys()])].toSorted().flatMap((name) => find(name) ?? []),
  };
}

/** What the registry says goes before, but what is built in, and what was run from which package, only we know. */
function both(
  registered: ConnectorMetadata | undefined,
  own: ConnectorMetadata | undefined,
): ConnectorMetadata | undefined {
  const isBuiltIn = own?.ways.some(({ way }) => way === 'built in') === true;
  const spec = isBuiltIn ? builtInSpec(own.name) : undefined;
  if (registered === undefined || own === undefined) {
    const only = registered ?? own;
    return only === undefined || spec === undefined ? only : { ...only, spec };
  }
  const ways = [
    ...own.ways.filter(({ way }) => way === 'built in'),
    ...registered.ways.map((way) => withEvidence(way, own)),
  ];
  return { ...registered, ways, spec: spec ?? registered.spec };
}

function withEvidence(way: ConnectorWay, { ways }: ConnectorMetadata): ConnectorWay {
  if (way.way !== 'python') return way;
  const run = ways.find((one) => one.way === 'python' && one.package === way.package);
  return run?.way === 'python' ? { ...way, verified: run.verified } : way;
}
