import { createHash } from 'node:crypto';
import { type StreamDescriptor, streamKey } from '../../protocol/catalog.ts';

/**
 * A name for a stream's file, without its ending: `users`, or `crm.users` with a namespace. It is safe on every file
 * system, and no two streams share one, not even where case is ignored:
 * - lower-case letters, digits, `_` and `-` stay; all other bytes become `%` and two digits (`a/b` is `a%2fb`), and so
 *   does the first letter of names that Windows keeps for itself (`con`);
 * - capitals stay as well, and a `~` with their places follows (`Users~1`, `userID~30`), because `users` may exist too;
 * - what is longer than 180 bytes is cut, and `~~` with a hash follows.
 */
export function fileNameOf(stream: StreamDescriptor): string {
  const { name, namespace } = stream;
  const parts = namespace === undefined || namespace === null ? [name] : [namespace, name];
  const joined = parts.map(escapePart).join('.');
  const stem = reserved.test(joined) ? escapeCharacter(joined.slice(0, 1)) + joined.slice(1) : joined;
  const capitals = capitalPlaces(stem);
  const file = capitals === '0' ? stem : `${stem}~${capitals}`;
  if (file.length <= longest) return file;
  const hash = createHash('sha256').update(streamKey(stream)).digest('hex').slice(0, 32);
  return `${stem.slice(0, longest - hash.length - 2)}~~${hash}`;
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
