import { createHash } from 'node:crypto';
import type { ConnectionEnds, ConnectionId } from '../protocol/flow.ts';

/** The connection between two ends that was given no name: readable, and the same for the same two ends. */
export function defaultConnection({ source, destination }: ConnectionEnds): ConnectionId {
  const identity = canonicalJson([source, destination].map(({ name, via, config }) => [name, via, config]));
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 10);
  return `${slug(source.name)}-${slug(destination.name)}-${hash}` as ConnectionId;
}

/** JSON with sorted keys: two configs that differ only in the order of keys are one. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function slug(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return plain.replaceAll(/^-|-$/g, '').slice(0, 40) || 'unnamed';
}
