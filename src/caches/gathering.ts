import { join } from 'node:path';
import type { StreamKey } from '../protocol/catalog.ts';
import type { RecordBatch } from '../protocol/flow.ts';
import type { ReusedMemory } from '../protocol/reused-memory.ts';
import type { RowEncoder } from '../sql/encode-rows.ts';
import { type Gathered, Pile } from './pile.ts';

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
  /** How many rows are in one file, unless they come as one. */
  readonly sliceRows?: number | undefined;
  /** Where the encoders write rows. */
  readonly memory?: ReusedMemory | undefined;
}

/** Records become staged rows as they come. */
export function openGathering({
  folder,
  encoderOf,
  memoryBytes = 8_000_000,
  sliceRows = rowGroup,
  memory,
}: GatheringOptions): Gathering {
  const piles = new Map<StreamKey, Pile>();
  let inMemory = 0;
  let files = 0;

  const options = {
    sliceRows,
    newPath() {
      files += 1;
      return join(folder, `${files}.csv`);
    },
    onWritten(rows: Uint8Array) {
      inMemory -= rows.length;
      memory?.giveBack(rows);
    },
  };

  function pileOf(stream: StreamKey): Pile {
    const pile = piles.get(stream) ?? new Pile(stream, options);
    piles.set(stream, pile);
    return pile;
  }

  return {
    get coveredBytes() {
      return sum(piles, ({ coveredBytes }) => coveredBytes);
    },
    get bytes() {
      return sum(piles, ({ bytes }) => bytes);
    },
    async add(batch) {
      for (const { stream, lines } of batch.split()) {
        const encoded = encoderOf(stream)?.encode(lines);
        if (encoded === undefined || encoded.rows === 0) continue;
        pileOf(stream).add(encoded);
        inMemory += encoded.bytes.length;
      }
      batch.release?.();
      if (inMemory < memoryBytes) return;
      for (const pile of piles.values()) await pile.spill();
    },
    cover(stream) {
      for (const pile of stream === undefined ? piles.values() : [pileOf(stream)]) pile.cover();
    },
    async take() {
      const taken: Gathered[] = [];
      for (const pile of [...piles.values()]) {
        const gathered = await pile.take();
        if (gathered !== undefined) taken.push(gathered);
      }
      return taken;
    },
  };
}

/**
 * The rows of a row group of DuckDB's. A file that holds nearly one is compressed as it is; a little more leaves a rest
 * that makes the database file grow by three quarters (measured with version 1.5.6).
 */
const rowGroup = 122_880;

function sum(piles: ReadonlyMap<unknown, Pile>, of: (pile: Pile) => number): number {
  let total = 0;
  for (const pile of piles.values()) total += of(pile);
  return total;
}
