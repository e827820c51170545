import { InputError } from '../errors.ts';
import type { StreamKey } from '../protocol/catalog.ts';
import type { ConnectionEnd } from '../protocol/flow.ts';
import type { StreamTable } from '../sql/stream-table.ts';
import type { CachedStream } from './cache-streams.ts';
import { labelOfKey } from './cache-tables.ts';
import { changesOf, type SavedEnds } from './changed-ends.ts';

/** Who fills tables: the source of a connection. */
export interface Filler {
  readonly connection: string;
  readonly name: string;
  /** Undefined where the connection's ends are not known. */
  readonly end: ConnectionEnd | undefined;
}

/** As the connection's memory knows its source; where it does not, the connection stands for it. */
export function fillerOf(connection: string, connections: readonly SavedEnds[]): Filler {
  const end = connections.find((one) => one.connection === connection)?.ends?.source;
  return { connection, name: end?.name ?? connection, end };
}

/** Refuses a table that another source fills, of the same kind perhaps, or that is none of ours. */
export function refuseForeign(
  planned: ReadonlyMap<StreamKey, StreamTable>,
  {
    source,
    cached,
    connections,
    present,
  }: {
    readonly source: Filler;
    readonly cached: readonly CachedStream[];
    readonly connections: readonly SavedEnds[];
    readonly present: readonly string[];
  },
): void {
  const owners = new Map(cached.map((stream) => [stream.table.name, stream]));
  const there = new Set(present);
  for (const [key, { name }] of planned) {
    const owner = owners.get(name);
    const label = labelOfKey(key);
    if (owner === undefined && there.has(name)) {
      throw new InputError(`table ${name} is there already, and it is not one of Sluice's`, {
        guidance: `Rename or drop it, or give the cache a tablePrefix or another schemaName, so that stream ${label} gets a table of its own.`,
        context: { table: name, stream: label },
      });
    }
    if (owner === undefined) continue;
    const filler = { ...fillerOf(owner.connection, connections), name: owner.source };
    const differing = filler.connection === source.connection ? [] : differenceOf(filler, source);
    if (owner.source === source.name && owner.stream === key && differing.length === 0) continue;
    throw filledAlready(name, { owner, label, source, differing });
  }
}

/** What tells two sources of one name apart. */
function differenceOf(one: Filler, other: Filler): readonly string[] {
  if (one.name !== other.name || one.end === undefined || other.end === undefined) return [];
  return changesOf(one.end, other.end);
}

function filledAlready(
  table: string,
  {
    owner,
    label,
    source,
    differing,
  }: {
    readonly owner: CachedStream;
    readonly label: string;
    readonly source: Filler;
    readonly differing: readonly string[];
  },
): InputError {
  const context = { table, stream: label, source: source.name, filledBy: owner.source };
  if (differing.length > 0) {
    return new InputError(
      `table ${table} is filled by another ${source.name} already (connection ${owner.connection}): ${differing.join(' and ')} ${differing.length === 1 ? 'differs' : 'differ'}`,
      {
        guidance: `Give the cache a tablePrefix for one of the two. If it is the same source, go on as connection ${owner.connection}.`,
        context: { ...context, connection: owner.connection },
      },
    );
  }
  const whose =
    owner.source === source.name ? `stream ${owner.label}` : `${owner.source} (stream ${owner.label})`;
  return new InputError(
    `table ${table} is filled by ${whose} already, so ${source.name} cannot fill it as well`,
    { guidance: 'Give the cache a tablePrefix for one of the two.', context },
  );
}
