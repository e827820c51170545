import { z } from 'zod';
import { ConnectorUnknownError, InputError } from '../../errors.ts';
import type { LogSink } from '../../protocol/log.ts';
import { didYouMean } from '../../protocol/nearest.ts';
import { type ConnectorKind, parseOptions } from '../options.ts';
import type { RegistryOptions } from './load.ts';
import type { ConnectorMetadata, ConnectorWay } from './metadata.ts';
import { openRegistry } from './registry.ts';

/** How connectors are looked up. */
export interface LookUpOptions extends RegistryOptions {
  /** Who hears of a registry that cannot be asked. */
  readonly log?: LogSink | undefined;
}

/** Which connectors are wanted; without anything all of them. */
export interface FindOptions extends LookUpOptions {
  readonly kind?: ConnectorKind | undefined;
  /** Words that must all be in its name or its title. */
  readonly search?: string | undefined;
  /** Only those that can be run in this way. */
  readonly way?: ConnectorWay['way'] | undefined;
}

/**
 * The connectors that can be named, sorted by name: those of the registry, those that are built in, and those that are
 * known to run. The registry is Airbyte's own unless `SLUICE_REGISTRY` says otherwise; without a network it is the copy
 * of it on disk, or what comes with Sluice.
 */
export async function getAvailableConnectors(
  options: FindOptions = {},
): Promise<readonly ConnectorMetadata[]> {
  parseOptions(findSchema, options, 'getAvailableConnectors');
  const { kind, search = '', way, log, ...rest } = options;
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const registry = await openRegistry(rest);
  for (const entry of registry.notices) log?.(entry);
  return registry.all().filter((connector) => {
    const text = `${connector.name} ${connector.title}`.toLowerCase();
    return (
      (kind === undefined || connector.kind === kind) &&
      (way === undefined || connector.ways.some((one) => one.way === way)) &&
      words.every((word) => text.includes(word))
    );
  });
}

/** What is known of one connector, by its whole name: its versions, how it can be run, its spec where that is known. */
export async function getConnectorMetadata(
  name: string,
  options: LookUpOptions = {},
): Promise<ConnectorMetadata> {
  if (typeof name !== 'string' || name === '')
    throw new InputError('getConnectorMetadata takes the name of a connector');
  parseOptions(lookUpSchema, options, 'getConnectorMetadata');
  const { log, ...rest } = options;
  const registry = await openRegistry(rest, name);
  for (const entry of registry.notices) log?.(entry);
  const found = registry.find(name);
  if (found !== undefined) return found;
  const names = registry.all().map((connector) => connector.name);
  const prefixed = kinds.map((kind) => `${kind}-${name}`).filter((one) => names.includes(one));
  const hint = prefixed[0] === undefined ? didYouMean(name, names) : `did you mean "${prefixed[0]}"?`;
  throw new ConnectorUnknownError(
    `no connector "${name}" is in the registry (${registry.origin.label})${hint === undefined ? '' : `; ${hint}`}`,
    {
      guidance: 'getAvailableConnectors() lists what is there.',
      context: { connector: name, registry: registry.origin.label },
    },
  );
}

const kinds = ['source', 'destination'] as const;

const flag = z.boolean({ error: 'must be true or false' }).optional();
const lookUpSchema = z.strictObject({
  refresh: flag,
  offline: flag,
  signal: z.instanceof(AbortSignal, { error: 'must be an AbortSignal' }).optional(),
  log: z.custom((value) => typeof value === 'function', { error: 'must be a function' }).optional(),
});
const findSchema = lookUpSchema.extend({
  kind: z.enum(kinds, { error: 'must be source or destination' }).optional(),
  search: z.string({ error: 'must be text' }).optional(),
  way: z
    .enum(['built in', 'manifest', 'python', 'docker'], {
      error: 'must be built in, manifest, python or docker',
    })
    .optional(),
});
