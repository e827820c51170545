import { createHash } from 'node:crypto';
import { type StreamDescriptor, type StreamKey, streamKey } from '../../protocol/catalog.ts';

/**
 * Names for the files of streams, without their ending: `users`, or `crm.users` with a namespace. They are safe on
 * every file system, and no two of them are one, not even where case is ignored:
 * - letters, digits, `_` and `-` stay; all other bytes become `%` and two digits (`a/b` is `a%2fb`), and so does the
 *   first letter of names that Windows keeps for itself (`con`);
 * - of names that differ by case only, those with capitals get a `~` with their places (`Users~1` beside `users`);
 * - what is longer than 180 bytes is cut, and `~~` with a hash follows.
 */
export function fileNamesOf(streams: readonly StreamDescriptor[]): ReadonlyMap<StreamKey, string> {
  const stems = new Map(streams.map((stream) => [streamKey(stream), stemOf(stream)]));
  const alike = new Map<string, number>();
  for (const stem of stems.values()) alike.set(stem.toLowerCase(), (alike.get(stem.toLowerCase()) ?? 0) + 1);
  return new Map(
    Array.from(stems, ([key, stem]) => {
      const capitals = (alike.get(stem.toLowerCase()) ?? 0) > 1 ? capitalPlaces(stem) : '0';
      return [key, shortened(capitals === '0' ? stem : `${stem}~${capitals}`, key)];
    }),
  );
}

function stemOf({ name, namespace }: StreamDescriptor): string {
  const parts = namespace === undefined || namespace === null ? [name] : [namespace, name];
  const joined = parts.map(escapePart).join('.');
  return reserved.test(joined) ? escapeCharacter(joined.slice(0, 1)) + joined.slice(1) : joined;
}

function shortened(file: string, key: StreamKey): string {
  if (file.length <= longest) return file;
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return `${file.slice(0, longest - hash.length - 2)}~~${hash}`;
}

const longest = 180;

/** Device names of Windows, with whatever follows their first dot. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

function escapePart(part: string): string {
  if (part === '') return '%';
  return part.replaceAll(/[^a-zA-Z0-9_-]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  // A lone half of a pair has no bytes in UTF-8.
  if (/\p{Cs}/u.test(character)) return `%u${character.charCodeAt(0).toString(16)}`;
  return Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

/** The places of the capitals as the bits of a number, the first character being the lowest, in hexadecimal. */
function capitalPlaces(text: string): string {
  const bits = Array.from(text, (character) => (/[A-Z]/.test(character) ? '1' : '0')).reverse();
  return BigInt(`0b${bits.join('')}`).toString(16);
}
