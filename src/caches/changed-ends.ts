import { InputError } from '../errors.ts';
import type { ConnectionEnd, ConnectionEnds, ConnectionId } from '../protocol/flow.ts';
import { isJsonObject } from '../protocol/json-object.ts';
import { stringifyLossless } from '../protocol/lossless-json.ts';
import type { Warning } from '../protocol/result.ts';

/** A connection of which something is saved. */
export interface SavedEnds {
  readonly connection: string;
  readonly ends?: ConnectionEnds | undefined;
  /** An ISO time. */
  readonly saved_at: string;
}

interface Opening {
  readonly connection: ConnectionId;
  readonly saved: SavedEnds | undefined;
  readonly ends: ConnectionEnds | undefined;
  /** All that is saved, asked for only where it matters. */
  readonly others: () => Promise<readonly SavedEnds[]>;
  /** Where the ends of this connection stand, for a person who wants to correct them. */
  readonly place: string;
}

/**
 * Warns when the same two connectors come back with another config: under the same connection, because what the state
 * says may no longer hold there; under a new one, where one end is as it was, because everything is then sent again. Other connectors under a
 * connection's name are refused: the state of one source means nothing to another.
 */
export async function changedEnds({
  connection,
  saved,
  ends,
  others,
  place,
}: Opening): Promise<readonly Warning[]> {
  if (ends === undefined) return [];
  if (saved?.ends !== undefined) {
    if (!haveSameNames(saved.ends, ends)) throw otherEnds(place, connection, saved.ends, ends);
    const changed = changedFields(saved.ends, ends);
    if (changed.length === 0) return [];
    return [
      {
        code: 'config_changed',
        message: `${connection}: ${shortList(changed)} changed since the last run; the saved state is kept (a full refresh sends everything again)`,
      },
    ];
  }
  if (saved !== undefined) return [];
  const before = newestWithOtherConfig(await others(), ends);
  if (before === undefined) return [];
  return [
    {
      code: 'config_changed',
      message: `${shortList(changedFields(before.ends, ends))} changed since connection ${before.connection}, so this is a new connection, which starts anew`,
    },
  ];
}

/** Refuses other connectors under a connection's name. */
export function refuseOtherEnds({
  connection,
  saved,
  ends,
  place,
}: {
  readonly connection: string;
  readonly saved: ConnectionEnds | undefined;
  readonly ends: ConnectionEnds | undefined;
  readonly place: string;
}): void {
  if (saved === undefined || ends === undefined || haveSameNames(saved, ends)) return;
  throw otherEnds(place, connection, saved, ends);
}

function newestWithOtherConfig(
  saved: readonly SavedEnds[],
  ends: ConnectionEnds,
): (SavedEnds & { readonly ends: ConnectionEnds }) | undefined {
  let newest: (SavedEnds & { readonly ends: ConnectionEnds }) | undefined;
  for (const one of saved) {
    if (one.ends === undefined || !haveSameNames(one.ends, ends)) continue;
    if (!hasOneChanged(one.ends, ends)) continue;
    if (newest === undefined || one.saved_at > newest.saved_at) newest = { ...one, ends: one.ends };
  }
  return newest;
}

function haveSameNames(before: ConnectionEnds, now: ConnectionEnds): boolean {
  return before.source.name === now.source.name && before.destination.name === now.destination.name;
}

/** Where both ends differ it is another connection altogether, and nothing to tell. */
function hasOneChanged(before: ConnectionEnds, now: ConnectionEnds): boolean {
  const isSourceChanged = changesOf(before.source, now.source).length > 0;
  return isSourceChanged !== changesOf(before.destination, now.destination).length > 0;
}

/** The paths of the fields that differ: `source.page_size`. Never their values. */
function changedFields(before: ConnectionEnds, now: ConnectionEnds): readonly string[] {
  return [...changesOf(before.source, now.source), ...changesOf(before.destination, now.destination)];
}

/** The paths of the fields in which two configs of one connector differ. Never their values. */
export function changesOf(before: ConnectionEnd, now: ConnectionEnd): readonly string[] {
  const fields = differences(before.config, now.config, now.name);
  return before.via === now.via ? fields : [`what ${now.name} is run from`, ...fields];
}

/** Lists are compared whole, objects field by field, whatever the order of their keys. */
function differences(before: unknown, now: unknown, path: string): readonly string[] {
  if (!isJsonObject(before) || !isJsonObject(now)) {
    return stringifyLossless(before) === stringifyLossless(now) ? [] : [path];
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...keys].flatMap((key) => differences(before[key], now[key], `${path}.${key}`));
}

function otherEnds(
  place: string,
  connection: string,
  before: ConnectionEnds,
  now: ConnectionEnds,
): InputError {
  const spoken = ({ source, destination }: ConnectionEnds) => `${source.name} → ${destination.name}`;
  return new InputError(`connection ${connection} is ${spoken(before)}, not ${spoken(now)}`, {
    guidance: `Give this one another connection name. If it is the same connector under a new name, change "ends" in ${place}.`,
    context: { place },
  });
}

function shortList(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}
