import { open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { storageFailure } from '../errors.ts';
import type { StreamKey } from '../protocol/catalog.ts';
import type { RecordBatch } from '../protocol/flow.ts';
import type { ReusedMemory } from '../protocol/reused-memory.ts';
import type { StagingSource } from '../sql/driver.ts';
import type { EncodedRows, RowEncoder } from '../sql/encode-rows.ts';

/** Records of one stream that a state covers: staged rows in files, in order. */
export interface Gathered extends Omit<StagingSource, 'table' | 'generationId' | 'syncId'> {
  readonly stream: StreamKey;
}

/** Where records wait, by stream, until enough of them is covered by states to be worth a transaction. */
export interface Gathering {
  /** Bytes that a state covers: what `take` would hand out. */
  readonly coveredBytes: number;
  /** All bytes that wait. */
  readonly bytes: number;
  add(batch: RecordBatch): Promise<void>;
  /** A state has come that speaks for all before it: of one stream, or of all. */
  cover(stream: StreamKey | undefined): void;
  /** Hands out what is covered, in files that are the caller's to remove. What is not covered stays. */
  take(): Promise<readonly Gathered[]>;
}

interface GatheringOptions {
  /** A private one; files of staged rows are made in it. */
  readonly folder: string;
  /** What turns a stream's records into staged rows; undefined for a stream whose records nobody wants. */
  readonly encoderOf: (stream: StreamKey) => RowEncoder | undefined;
  /** How much stays in memory until it is taken. */
  readonly memoryBytes?: number | undefined;
  /** Where the encoders write rows. */
  readonly memory?: ReusedMemory | undefined;
}

/** Records become staged rows as they come. */
export function openGathering({
  folder,
  encoderOf,
  memoryBytes = 8_000_000,
  memory,
}: GatheringOptions): Gathering {
  const piles = new Map<StreamKey, Pile>();
  let inMemory = 0;
  let files = 0;

  function pileOf(stream: StreamKey): Pile {
    const found = piles.get(stream);
    if (found !== undefined) return found;
    const pile = emptyPile(stream);
    piles.set(stream, pile);
    return pile;
  }

  async function spill(pile: Pile, bytes: number): Promise<void> {
    const chunks = takeChunks(pile, bytes);
    if (chunks.length === 0) return;
    files += pile.path === undefined ? 1 : 0;
    pile.path ??= join(folder, `${files}.csv`);
    pile.fileBytes += await append(pile.path, chunks);
    for (const chunk of chunks) memory?.giveBack(chunk);
    inMemory -= bytes;
  }

  async function takePile(pile: Pile): Promise<Gathered | undefined> {
    const { stream, covered, longest } = pile;
    if (covered.rows === 0) return undefined;
    if (covered.bytes >= pile.fileBytes) await spill(pile, covered.bytes - pile.fileBytes);
    const path = pile.path ?? '';
    const rest: Pile = {
      ...pile,
      path: undefined,
      fileBytes: 0,
      rows: pile.rows - covered.rows,
      first: pile.first + covered.rows,
      nulledRows: pile.nulledRows - covered.nulledRows,
      covered: nothing,
    };
    if (pile.fileBytes > covered.bytes) {
      files += 1;
      rest.path = join(folder, `${files}.csv`);
      rest.fileBytes = await moveTail(path, covered.bytes, rest.path);
    }
    piles.set(stream, rest);
    const { rows, bytes, nulledRows } = covered;
    return { stream, files: [path], rows, bytes, first: pile.first, nulledRows, longest };
  }

  return {
    get coveredBytes() {
      return sum(piles, ({ covered }) => covered.bytes);
    },
    get bytes() {
      return sum(piles, bytesOf);
    },
    async add(batch) {
      for (const { stream, lines } of batch.split()) {
        const encoded = encoderOf(stream)?.encode(lines);
        if (encoded === undefined || encoded.rows === 0) continue;
        addTo(pileOf(stream), encoded);
        inMemory += encoded.bytes.length;
      }
      batch.release?.();
      if (inMemory < memoryBytes) return;
      for (const pile of piles.values()) await spill(pile, pile.memoryBytes);
    },
    cover(stream) {
      for (const pile of stream === undefined ? piles.values() : [pileOf(stream)]) {
        pile.covered = { bytes: bytesOf(pile), rows: pile.rows, nulledRows: pile.nulledRows };
      }
    },
    async take() {
      const taken: Gathered[] = [];
      for (const pile of [...piles.values()]) {
        const gathered = await takePile(pile);
        if (gathered !== undefined) taken.push(gathered);
      }
      return taken;
    },
  };
}

/** What waits of one stream: first a file, then what has come since, and how much of it is covered. */
interface Pile {
  readonly stream: StreamKey;
  path: string | undefined;
  fileBytes: number;
  chunks: Uint8Array[];
  memoryBytes: number;
  rows: number;
  /** The arrival of the first row that waits. */
  first: number;
  nulledRows: number;
  longest: number;
  covered: { readonly bytes: number; readonly rows: number; readonly nulledRows: number };
}

const nothing = { bytes: 0, rows: 0, nulledRows: 0 } as const;

function emptyPile(stream: StreamKey): Pile {
  return {
    stream,
    path: undefined,
    fileBytes: 0,
    chunks: [],
    memoryBytes: 0,
    rows: 0,
    first: 1,
    nulledRows: 0,
    longest: 0,
    covered: nothing,
  };
}

function addTo(pile: Pile, { bytes, rows, first, nulledRows, longest }: EncodedRows): void {
  if (pile.rows === 0) pile.first = first;
  pile.chunks.push(bytes);
  pile.memoryBytes += bytes.length;
  pile.rows += rows;
  pile.nulledRows += nulledRows;
  pile.longest = Math.max(pile.longest, longest);
}

function bytesOf(pile: Pile): number {
  return pile.fileBytes + pile.memoryBytes;
}

/** Takes so many bytes out of memory. States come between batches, so that a chunk is covered as a whole. */
function takeChunks(pile: Pile, bytes: number): readonly Uint8Array[] {
  let size = 0;
  const isWithin = (chunk: Uint8Array) => {
    size += chunk.length;
    return size <= bytes;
  };
  const end = pile.chunks.findIndex((chunk) => !isWithin(chunk));
  const taken = end < 0 ? pile.chunks : pile.chunks.slice(0, end);
  pile.chunks = end < 0 ? [] : pile.chunks.slice(end);
  pile.memoryBytes -= bytes;
  return taken;
}

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
async function moveTail(path: string, from: number, to: string): Promise<number> {
  try {
    await using source = await open(path, 'r');
    await using target = await open(to, 'ax', 0o600);
    let moved = 0;
    for await (const chunk of source.createReadStream({ start: from, highWaterMark: 1_000_000 })) {
      await target.writeFile(chunk);
      moved += chunk.length;
    }
    await truncate(path, from);
    return moved;
  } catch (error) {
    throw storageFailure(error, `cannot write ${to}`);
  }
}

function sum(piles: ReadonlyMap<unknown, Pile>, of: (pile: Pile) => number): number {
  let total = 0;
  for (const pile of piles.values()) total += of(pile);
  return total;
}
