import { readdir, readFile } from 'node:fs/promises';
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
      content,
      Buffer.alloc((blockLength - (content.length % blockLength)) % blockLength),
    );
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * blockLength)]);
}

interface Entry extends Owner {
  readonly size: number;
  readonly mode: number;
  readonly type: '0' | '5';
}

/** A header of the `ustar` format. Names are ours, and short. */
function header(name: string, { size, mode, uid, gid, type }: Entry): Buffer {
  const block = Buffer.alloc(blockLength);
  const octal = (value: number, at: number, digits: number) =>
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  block.write(name, 0, 'latin1');
  octal(mode, 100, 7);
  octal(uid, 108, 7);
  octal(gid, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
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
