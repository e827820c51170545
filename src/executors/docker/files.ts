import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A folder of plain files as a tar archive, under another name, all of it for one user alone. */
export async function archiveFolder(folder: string, name: string, owner: Owner): Promise<Buffer> {
  const parts = [header(`${name}/`, { ...owner, size: 0, mode: 0o700, type: '5' })];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = await readFile(join(folder, entry.name));
    parts.push(
      header(`${name}/${entry.name}`, { ...owner, size: content.length, mode: 0o600, type: '0' }),
      padded(content),
    );
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * blockLength)]);
}

/** The content of the first file in a tar archive. */
export function fileIn(archive: Buffer): Buffer | undefined {
  for (let at = 0; at + blockLength <= archive.length; ) {
    const block = archive.subarray(at, at + blockLength);
    const size = Number.parseInt(block.toString('latin1', 124, 136), 8) || 0;
    const from = at + blockLength;
    // Zero is how the oldest archives say it; others only tell more of what follows.
    if (block[156] === 0x30 || (block[156] === 0 && block[0] !== 0))
      return archive.subarray(from, from + size);
    at = from + Math.ceil(size / blockLength) * blockLength;
  }
  return undefined;
}

/** All that is in a folder as a tar archive, for everybody to read. */
export async function archiveTree(folder: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  const walk = async (inside: string): Promise<void> => {
    for (const entry of await readdir(join(folder, inside))) {
      const name = `${inside}${entry}`;
      const path = join(folder, name);
      const found = await lstat(path);
      if (found.isDirectory()) {
        parts.push(...member(`${name}/`, { mode: 0o755, type: '5' }));
        await walk(`${name}/`);
      } else if (found.isSymbolicLink()) {
        parts.push(...member(name, { mode: 0o777, type: '2', link: await readlink(path) }));
      } else if (found.isFile()) {
        const mode = (found.mode & 0o100) === 0 ? 0o644 : 0o755;
        parts.push(...member(name, { mode, type: '0', content: await readFile(path) }));
      }
    }
  };
  await walk('');
  return Buffer.concat([...parts, Buffer.alloc(2 * blockLength)]);
}

interface Member {
  readonly mode: number;
  readonly type: Entry['type'];
  readonly link?: string;
  readonly content?: Buffer;
}

/** Names that the old header has no room for go before it, in the way of POSIX. */
function member(
  name: string,
  { mode, type, link = '', content = Buffer.alloc(0) }: Member,
): readonly Buffer[] {
  const owner = { uid: 0, gid: 0 };
  const long = [
    ...(Buffer.byteLength(name) > longestName ? [paxRecord('path', name)] : []),
    ...(Buffer.byteLength(link) > longestName ? [paxRecord('linkpath', link)] : []),
  ];
  const extended = Buffer.from(long.join(''));
  const before =
    long.length === 0
      ? []
      : [header('pax', { ...owner, size: extended.length, mode: 0o644, type: 'x' }), padded(extended)];
  return [...before, header(name, { ...owner, size: content.length, mode, type, link }), padded(content)];
}

/** `LENGTH KEY=VALUE`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  const length = bytes + String(bytes + String(bytes).length).length;
  return `${length}${rest}`;
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((blockLength - (content.length % blockLength)) % blockLength)]);
}

interface Entry extends Owner {
  readonly size: number;
  readonly mode: number;
  readonly type: '0' | '2' | '5' | 'x';
  readonly link?: string;
}

/** A header of the `ustar` format; a name that is too long is cut off. */
function header(name: string, { size, mode, uid, gid, type, link = '' }: Entry): Buffer {
  const block = Buffer.alloc(blockLength);
  const octal = (value: number, at: number, digits: number) => {
    if (value < 8 ** digits) {
      block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
      return;
    }
    // In the way of GNU, for the numbers that directories give to users.
    block.writeUInt8(0x80, at);
    block.writeUIntBE(value, at + digits - 5, 6);
  };
  block.write(name, 0, longestName, 'utf8');
  octal(mode, 100, 7);
  octal(uid, 108, 7);
  octal(gid, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write(link, 157, longestName, 'utf8');
  block.write('ustar\u000000', 257, 'latin1');
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  block.write('\u0000 ', 154, 'latin1');
  return block;
}

const blockLength = 512;
const longestName = 100;
