import { open, truncate } from 'node:fs/promises';
import { storageFailure } from '../errors.ts';
import type { StreamKey } from '../protocol/catalog.ts';
import type { StagingSource } from '../sql/driver.ts';
import type { EncodedRows } from '../sql/encode-rows.ts';

/** Records of one stream that a state covers: staged rows in files, in order. */
export interface Gathered extends Omit<StagingSource, 'table' | 'generationId' | 'syncId'> {
  readonly stream: StreamKey;
}

interface PileOptions {
  /** How many rows are in one slice, unless they come as one. */
  readonly sliceRows: number;
  /** Gives the path of a file that is not there yet. */
  readonly newPath: () => string;
  /** Told of rows that were in memory and are in a file now. */
  readonly onWritten: (rows: Uint8Array) => void;
}

/**
 * What waits of one stream, in slices: files of whole rows, of which the last may lie in memory in part. A slice is as
 * much as one thread of an engine is to load at a time.
 */
export class Pile {
  readonly #stream: StreamKey;
  readonly #options: PileOptions;
  #slices: Slice[] = [];
  #all: Amount = nothing;
  #covered: Amount = nothing;
  /** The arrival of the first row that waits. */
  #first = 1;
  #longest = 0;

  constructor(stream: StreamKey, options: PileOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  get bytes(): number {
    return this.#all.bytes;
  }

  get coveredBytes(): number {
    return this.#covered.bytes;
  }

  add({ bytes, rows, first, nulledRows, longest }: EncodedRows): void {
    if (this.#all.rows === 0) this.#first = first;
    const slice = this.#sliceFor(rows, bytes.length);
    slice.chunks.push(bytes);
    slice.rows += rows;
    slice.bytes += bytes.length;
    this.#all = plus(this.#all, { bytes: bytes.length, rows, nulledRows });
    this.#longest = Math.max(this.#longest, longest);
  }

  /** A state speaks for all that waits. */
  cover(): void {
    this.#covered = this.#all;
  }

  /** Moves what is in memory to files. */
  async spill(): Promise<void> {
    for (const slice of this.#slices) await this.#write(slice, slice.bytes);
  }

  /** Hands out what is covered, in files that are the caller's to remove. */
  async take(): Promise<Gathered | undefined> {
    const taken = this.#covered;
    if (taken.rows === 0) return undefined;
    const files: string[] = [];
    for (let rest = taken; rest.rows > 0; ) {
      const slice = this.#slices[0];
      if (slice === undefined) break;
      if (slice.rows > rest.rows) await this.#cut(slice, rest);
      files.push(await this.#write(slice, slice.bytes));
      this.#slices.shift();
      rest = minus(rest, { ...slice, nulledRows: 0 });
    }
    const first = this.#first;
    this.#first += taken.rows;
    this.#all = minus(this.#all, taken);
    this.#covered = nothing;
    return { stream: this.#stream, files, ...taken, first, longest: this.#longest };
  }

  #sliceFor(rows: number, bytes: number): Slice {
    const last = this.#slices.at(-1);
    if (last !== undefined && last.rows + rows <= this.#options.sliceRows && last.bytes + bytes <= sliceBytes)
      return last;
    const slice: Slice = { path: undefined, fileBytes: 0, chunks: [], rows: 0, bytes: 0 };
    this.#slices.push(slice);
    return slice;
  }

  /** Leaves so much in the slice, and the rest in one that follows it. States come between chunks. */
  async #cut(slice: Slice, { rows, bytes }: Pick<Amount, 'rows' | 'bytes'>): Promise<void> {
    await this.#write(slice, bytes);
    const rest: Slice = { ...slice, path: undefined, rows: slice.rows - rows, bytes: slice.bytes - bytes };
    rest.fileBytes = slice.fileBytes - bytes;
    if (slice.path !== undefined && rest.fileBytes > 0) {
      rest.path = this.#options.newPath();
      await moveTail(slice.path, bytes, rest.path);
    }
    Object.assign(slice, { rows, bytes, fileBytes: bytes, chunks: [] });
    this.#slices.splice(1, 0, rest);
  }

  /** Writes so many bytes of the slice, where they are not in its file yet. */
  async #write(slice: Slice, bytes: number): Promise<string> {
    slice.path ??= this.#options.newPath();
    const chunks: Uint8Array[] = [];
    for (let size = slice.fileBytes; size < bytes; ) {
      const chunk = slice.chunks.shift();
      if (chunk === undefined) break;
      chunks.push(chunk);
      size += chunk.length;
    }
    if (chunks.length === 0) return slice.path;
    slice.fileBytes += await append(slice.path, chunks);
    for (const chunk of chunks) this.#options.onWritten(chunk);
    return slice.path;
  }
}

interface Slice {
  path: string | undefined;
  /** How much of it is in the file; the rest is in the chunks. */
  fileBytes: number;
  chunks: Uint8Array[];
  rows: number;
  bytes: number;
}

interface Amount {
  readonly bytes: number;
  readonly rows: number;
  readonly nulledRows: number;
}

const nothing: Amount = { bytes: 0, rows: 0, nulledRows: 0 };

function plus(one: Amount, other: Amount): Amount {
  return {
    bytes: one.bytes + other.bytes,
    rows: one.rows + other.rows,
    nulledRows: one.nulledRows + other.nulledRows,
  };
}

function minus(one: Amount, { bytes, rows, nulledRows }: Amount): Amount {
  return plus(one, { bytes: -bytes, rows: -rows, nulledRows: -nulledRows });
}

/** Of long rows fewer are in a slice: each thread of an engine holds one in memory. */
const sliceBytes = 64_000_000;

async function append(path: string, chunks: readonly Uint8Array[]): Promise<number> {
  try {
    await using file = await open(path, 'a', 0o600);
    let written = 0;
    for (let start = 0; start < chunks.length; start += mostChunks) {
      const part = chunks.slice(start, start + mostChunks);
      await writeAll(file, part);
      written += part.reduce((size, chunk) => size + chunk.length, 0);
    }
    return written;
  } catch (error) {
    throw storageFailure(error, `cannot write ${path}`);
  }
}

/** As many buffers as one call of the system takes. */
const mostChunks = 1024;

/** A write may take less than it was given, when the disk is just filling up for instance. */
async function writeAll(
  file: Awaited<ReturnType<typeof open>>,
  chunks: readonly Uint8Array[],
): Promise<void> {
  const size = chunks.reduce((bytes, chunk) => bytes + chunk.length, 0);
  const { bytesWritten } = await file.writev([...chunks]);
  if (bytesWritten < size) await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}

/** Moves what stands behind `from` to a file of its own, and cuts it off here. */
async function moveTail(path: string, from: number, to: string): Promise<void> {
  try {
    await using source = await open(path, 'r');
    await using target = await open(to, 'ax', 0o600);
    for await (const chunk of source.createReadStream({ start: from, highWaterMark: 1_000_000 })) {
      await target.writeFile(chunk);
    }
    await truncate(path, from);
  } catch (error) {
    throw storageFailure(error, `cannot write ${to}`);
  }
}
