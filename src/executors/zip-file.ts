import { inflateRawSync } from 'node:zlib';
import { messageOf, ProtocolError } from '../errors.ts';

/** One file of a ZIP archive, by its name in whichever folder; undefined where it is not there. */
export function fileInZip(archive: Buffer, name: string, what: string): Buffer | undefined {
  try {
    return find(archive, name);
  } catch (cause) {
    throw new ProtocolError(`${what} is no ZIP archive that can be read: ${messageOf(cause)}`, { cause });
  }
}

/** Archives end with a directory of their files: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
function find(archive: Buffer, name: string): Buffer | undefined {
  const end = archive.lastIndexOf(endMark);
  if (end === -1) throw new RangeError('it has no directory');
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (!archive.subarray(at, at + 4).equals(entryMark)) throw new RangeError('its directory is damaged');
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset));
    const start = at + 46;
    const path = archive.toString('utf8', start, start + (nameLength ?? 0));
    if (path.split('/').at(-1) === name) return contents(archive, at);
    at = start + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return undefined;
}

function contents(archive: Buffer, entry: number): Buffer {
  const method = archive.readUInt16LE(entry + 10);
  const length = archive.readUInt32LE(entry + 20);
  const head = archive.readUInt32LE(entry + 42);
  const start = head + 30 + archive.readUInt16LE(head + 26) + archive.readUInt16LE(head + 28);
  const bytes = archive.subarray(start, start + length);
  if (method === 0) return bytes;
  if (method === 8) return inflateRawSync(bytes, { maxOutputLength: mostBytes });
  throw new RangeError(`it is packed by method ${method}`);
}

const endMark = Buffer.from('PK\x05\x06', 'latin1');
const entryMark = Buffer.from('PK\x01\x02', 'latin1');

/** Far more than a file of Python has. */
const mostBytes = 64 * 1024 ** 2;
