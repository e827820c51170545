import { open, rename, rm } from 'node:fs/promises';
import { errnoOf, StorageError } from '../../errors.ts';
import { type HeldLock, takeLock } from '../../executors/file-lock.ts';
import type { LogSink } from '../../protocol/log.ts';

/**
 * One stream's file, which grows by whole lines. It is open only while it is being written to, and locked from the
 * first line on: two writers would cut off each other's lines.
 */
export interface JsonlFile extends AsyncDisposable {
  append(lines: Uint8Array): void;
  /** Hands what is waiting to the system; `durable` waits until it would survive a crash. */
  write(options: { readonly durable: boolean }): Promise<void>;
  /** Says that all of the stream has come: a file that replaces another takes its place. */
  complete(): Promise<void>;
}

interface JsonlFileOptions {
  /** Where lines go until they are complete: the file itself, or the one that will replace it. */
  readonly growing: string;
  readonly final: string;
  /** Files of runs that were given up: removed when this one begins. */
  readonly stale: readonly string[];
  readonly log: LogSink;
}

export function openJsonlFile({ growing, final, stale, log }: JsonlFileOptions): JsonlFile {
  let path = growing;
  let chunks: Uint8Array[] = [];
  let lock: HeldLock | undefined;
  let isDurable = true;

  async function begin(): Promise<void> {
    if (lock !== undefined) return;
    lock = await lockFile(final);
    for (const other of stale) await rm(other, { force: true });
    // Also one that has come since the folder was looked at.
    if (path === final) await mendLastLine(path, log);
    else await rm(path, { force: true });
  }

  async function write({ durable }: { readonly durable: boolean }): Promise<void> {
    if (chunks.length === 0 && (!durable || isDurable)) return;
    await begin();
    const bytes = Buffer.concat(chunks);
    chunks = [];
    await using file = await open(path, 'a');
    isDurable = false;
    await file.appendFile(bytes);
    if (!durable) return;
    await file.sync();
    isDurable = true;
  }

  return {
    append(lines) {
      chunks.push(lines);
    },
    write,
    async complete() {
      if (path === final) return write({ durable: true });
      // Also a stream of no records replaces what was there before.
      isDurable = false;
      await write({ durable: true });
      await rename(path, final);
      path = final;
    },
    async [Symbol.asyncDispose]() {
      await lock?.[Symbol.asyncDispose]();
    },
  };
}

/** The lock of a file, beside it. */
export function lockOf(path: string): string {
  return `${path}.lock`;
}

/** Removes a lock whose holder is gone. A run that then has nothing to write to the file would leave it lying. */
export async function removeDeadLock(path: string): Promise<void> {
  const taken = await takeLock(path);
  if (!('holder' in taken)) await taken[Symbol.asyncDispose]();
}

async function lockFile(path: string): Promise<HeldLock> {
  const taken = await takeLock(lockOf(path));
  if (!('holder' in taken)) return taken;
  const { holder } = taken;
  const who = holder === undefined ? 'another run' : `process ${holder.process.pid}, since ${holder.since}`;
  throw new StorageError(`destination-jsonl: ${path} is being written by ${who}`, {
    guidance: 'Wait until that run has ended, or give this one another folder.',
    context: { path, pid: holder?.process.pid },
  });
}

/**
 * A crash may leave half a line behind; no state covers it, so it is cut off. A last line that is whole and only
 * lacks its newline is somebody's, and gets one.
 */
async function mendLastLine(path: string, log: LogSink): Promise<void> {
  await using file = await open(path, 'r+').catch((error) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (file === undefined) return;
  const { size } = await file.stat();
  const tail = await lastLine(file, size);
  if (tail.length === 0) return;
  if (isJson(tail)) {
    await file.write('\n', size);
    return;
  }
  await file.truncate(size - tail.length);
  log({ level: 'WARN', message: `${path}: cut off half a line that a crash had left at its end` });
}

/** What stands behind the last newline. */
async function lastLine(file: Awaited<ReturnType<typeof open>>, size: number): Promise<Buffer> {
  let tail = Buffer.alloc(0);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - 65_536);
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const newline = buffer.lastIndexOf(0x0a);
    tail = Buffer.concat([buffer.subarray(newline + 1), tail]);
    if (newline >= 0) break;
    end = start;
  }
  return tail;
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}
