import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, write } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type FifoOutlet,
  fifoOutlet,
  type OpenOutlet,
  type Outlet,
  openOutlet,
} from '../../src/executors/outlet.ts';

describe.skipIf(process.platform === 'win32')('an outlet', () => {
  it('reads into the same few pieces of memory, when they are given back', async () => {
    const memory = await withOutlet(async (opened) => {
      const used = new Set<ArrayBufferLike>();
      let large = 0;
      const sent = send(opened, 40_000_000);
      for await (const chunk of taken(opened.outlet)) {
        if (chunk.length < 65_536) continue;
        large += 1;
        used.add(chunk.buffer);
        opened.outlet.giveBack(chunk);
      }
      await sent;
      expect(large).toBeGreaterThan(100);
      return used.size;
    });
    expect(memory).toBeLessThan(8);
  });

  it('leaves alone what is never given back', async () => {
    await withOutlet(async (opened) => {
      const chunks: Uint8Array[] = [];
      const sent = send(opened, 5_000_000);
      for await (const chunk of taken(opened.outlet)) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(await sent)).toBe(true);
    });
  });

  it('takes a piece back once, and none that it has not lent', async () => {
    await withOutlet(async (opened) => {
      const { outlet } = opened;
      const sent = send(opened, 2_000_000);
      const kept: Uint8Array[] = [];
      for await (const chunk of taken(outlet)) {
        kept.push(Buffer.from(chunk));
        outlet.giveBack(new Uint8Array(10));
        outlet.giveBack(chunk);
        outlet.giveBack(chunk);
      }
      expect(Buffer.concat(kept).equals(await sent)).toBe(true);
    });
  });

  it('leaves no file, and ends when nobody holds the other end', async () => {
    await withOutlet(async ({ outlet, theirs }, folder) => {
      expect(await readdir(folder)).toEqual([]);
      theirs.destroy();
      await outlet.closed;
      expect([outlet.take(), outlet.hasEnded]).toEqual([undefined, true]);
    });
  });

  it('is not there where its name would be too long', async () => {
    expect(await openOutlet(join(tmpdir(), 'x'.repeat(100)))).toBeUndefined();
  });

  it('is not there where no socket can be made', async () => {
    expect(await openOutlet(join(tmpdir(), 'no-such-folder'))).toBeUndefined();
  });
});

describe.skipIf(process.platform === 'win32')('the outlet of a named pipe', () => {
  const withFifo = async (use: (outlet: FifoOutlet, writing: number) => Promise<void>) => {
    const folder = await mkdtemp(join(tmpdir(), 'outlet-'));
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const outlet = fifoOutlet(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    try {
      await use(outlet, openSync(path, constants.O_WRONLY));
    } finally {
      outlet.destroy();
      await rm(folder, { recursive: true });
    }
  };

  it('hears the greeting, and gives all that comes behind it', async () => {
    await withFifo(async (outlet, writing) => {
      const all = Buffer.alloc(3_000_000, '0123456789');
      const sent = promisify(write)(writing, '\n').then(async () => {
        for (let at = 0; at < all.length; ) {
          at += (await promisify(write)(writing, all, at, all.length - at)).bytesWritten;
        }
        closeSync(writing);
      });
      expect(await outlet.greeted).toBe(true);
      const chunks: Uint8Array[] = [];
      for await (const chunk of taken(outlet)) {
        chunks.push(Buffer.from(chunk));
        outlet.giveBack(chunk);
      }
      await sent;
      expect(Buffer.concat(chunks).equals(all)).toBe(true);
    });
  });

  it('says that it was not greeted, where it ends before', async () => {
    await withFifo(async (outlet, writing) => {
      closeSync(writing);
      expect(await outlet.greeted).toBe(false);
      expect([outlet.take(), outlet.hasEnded]).toEqual([undefined, true]);
    });
  });
});

async function withOutlet<Result>(
  use: (opened: OpenOutlet, folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'outlet-'));
  try {
    const opened = await openOutlet(folder);
    if (opened === undefined) throw new Error('this system has no sockets');
    try {
      return await use(opened, folder);
    } finally {
      opened.theirs.destroy();
      opened.outlet.destroy();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes numbers to the other end and closes it; answers what it wrote. */
async function send({ theirs }: OpenOutlet, bytes: number): Promise<Buffer> {
  const all = Buffer.from(Uint32Array.from({ length: bytes / 4 }, (_, index) => index).buffer);
  for (let at = 0; at < all.length; at += 500_000) {
    if (!theirs.write(all.subarray(at, at + 500_000))) await once(theirs, 'drain');
  }
  theirs.end();
  return all;
}

async function* taken(outlet: Outlet): AsyncGenerator<Uint8Array> {
  let wake = () => {};
  const off = outlet.onChange(() => wake());
  while (!outlet.hasEnded) {
    const chunk = outlet.take();
    if (chunk !== undefined) yield chunk;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  off();
}
