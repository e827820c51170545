import { createHash } from 'node:crypto';
import { InputError } from '../errors.ts';
import { type StreamDescriptor, type StreamKey, streamKey, streamLabel } from '../protocol/catalog.ts';
import type { Dialect } from './dialect.ts';
import { metaColumns, sidePrefix } from './stream-table.ts';

type Naming = Pick<Dialect, 'identifierBytes' | 'foldsCase' | 'name' | 'ownColumns'>;

/**
 * The columns of a stream's fields: lower case, letters and digits of any language kept, all else an underscore.
 * Names that are too long are cut and end in a hash of the whole. Reserved words stay, for names are always quoted.
 * Throws InputError that lists the fields whose names would meet.
 */
export function columnNames(
  fields: readonly string[],
  dialect: Naming,
  stream: string,
): ReadonlyMap<string, string> {
  const taken = Object.values(metaColumns).map(
    (name) => [name, `the column ${name} of every table`] as const,
  );
  const nameOf = (field: string): string => {
    const name = normal(field);
    return shorten(dialect.ownColumns?.has(name) === true ? `${name}_` : name, field, dialect);
  };
  const names = new Map(fields.map((field) => [field, nameOf(field)]));
  const meeting = meetings([
    ...taken,
    ...[...names].map(([field, name]) => [name, JSON.stringify(field)] as const),
  ]);
  if (meeting.length > 0) {
    throw new InputError(
      `stream ${stream} has fields that would share a column in ${dialect.name}: ${meeting.join('; ')}`,
      {
        guidance: 'Leave one of them out of the stream, or rename it at the source.',
        context: { stream, meeting },
      },
    );
  }
  return names;
}

/**
 * The tables of streams: the prefix, then `namespace__name`, normalised as columns are. Throws InputError that lists
 * the streams whose tables would meet.
 */
export function tableNames(
  streams: readonly StreamDescriptor[],
  dialect: Naming,
  { tablePrefix = '' }: { readonly tablePrefix?: string | undefined } = {},
): ReadonlyMap<StreamKey, string> {
  const named = streams.map((stream) => {
    const whole = [stream.namespace, stream.name].filter((part) => typeof part === 'string').join('__');
    const room = { identifierBytes: dialect.identifierBytes - sidePrefix.length };
    return { stream, name: shorten(normal(`${tablePrefix}${whole}`), streamKey(stream), room) };
  });
  const meeting = meetings(named.map(({ stream, name }) => [name, streamLabel(stream)]));
  if (meeting.length > 0) {
    throw new InputError(`streams would share a table in ${dialect.name}: ${meeting.join('; ')}`, {
      guidance: 'Read them into caches with different table prefixes.',
      context: { meeting },
    });
  }
  return new Map(named.map(({ stream, name }) => [streamKey(stream), name]));
}

function normal(name: string): string {
  const kept = name
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{Nd}_]/gu, '_');
  if (kept === '') return '_';
  return /^\p{Nd}/u.test(kept) ? `_${kept}` : kept;
}

/** The columns of a result: two columns of one name get a number each, so that none hides another. */
export function distinctNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let number = 1; taken.has(free); number += 1) free = `${name}:${number}`;
    taken.add(free);
    return free;
  });
}

/** Cuts between characters, and adds a hash of the whole, so that two long names do not meet by being cut. */
function shorten(name: string, whole: string, { identifierBytes }: Pick<Naming, 'identifierBytes'>): string {
  if (Buffer.byteLength(name) <= identifierBytes) return name;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 10);
  let kept = '';
  let bytes = 0;
  for (const letter of name) {
    bytes += Buffer.byteLength(letter);
    if (bytes > identifierBytes - hash.length - 1) break;
    kept += letter;
  }
  return `${kept}_${hash}`;
}

/** `a, b → name` for each name that several things have. */
function meetings(named: readonly (readonly [name: string, what: string])[]): readonly string[] {
  const byName = new Map<string, string[]>();
  for (const [name, what] of named) byName.set(name, [...(byName.get(name) ?? []), what]);
  return [...byName]
    .filter(([, whats]) => whats.length > 1)
    .map(([name, whats]) => `${whats.join(', ')} → ${name}`);
}
