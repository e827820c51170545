import { builtIn } from '../connectors/built-in.ts';
import type { RegistryOptions } from '../connectors/registry/load.ts';
import { openRegistry } from '../connectors/registry/registry.ts';
import { readSnapshot } from '../connectors/registry/snapshot.ts';
import { ConnectorUnknownError, InputError } from '../errors.ts';
import { findOnPath } from '../executors/find-program.ts';
import { didYouMean } from '../protocol/nearest.ts';

export type Kind = 'source' | 'destination';

/** What a name is: as its prefix says, or whichever there is. Only for a name not known here is the registry asked. */
export async function kindOfName(name: string, options: RegistryOptions = {}): Promise<Kind> {
  const prefix = kinds.find((kind) => name.startsWith(`${kind}-`));
  if (prefix !== undefined) return prefix;
  const shipped = [...Object.keys(builtIn), ...readSnapshot().map((connector) => connector.name)];
  const near = await kindsOf(name, shipped);
  if (near !== undefined) return near;
  const registry = await openRegistry(options);
  const known = [...new Set([...shipped, ...registry.all().map((connector) => connector.name)])];
  const far = await kindsOf(name, known);
  if (far !== undefined) return far;
  const hint = didYouMean(name, [...known, ...known.map((one) => one.replace(/^(source|destination)-/, ''))]);
  const [trouble] = registry.notices;
  throw new ConnectorUnknownError(
    `no connector "${name}" is built in, on PATH or in the registry${hint === undefined ? '' : `; ${hint}`}`,
    {
      guidance: `Give the whole name, with its prefix.${trouble === undefined ? '' : ` Note: ${trouble.message}.`}`,
    },
  );
}

const kinds = ['source', 'destination'] as const;

async function kindsOf(name: string, known: readonly string[]): Promise<Kind | undefined> {
  const isKnown = async (full: string) => known.includes(full) || (await findOnPath(full)) !== undefined;
  const [source, destination] = await Promise.all(kinds.map((kind) => isKnown(`${kind}-${name}`)));
  if (source && destination) {
    throw new InputError(`there are both source-${name} and destination-${name}`, {
      guidance: 'Say which one you mean.',
    });
  }
  if (!source && !destination) return undefined;
  return source ? 'source' : 'destination';
}
