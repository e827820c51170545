import { ProtocolError } from '../errors.ts';
import type { ConfiguredCatalog } from './catalog.ts';
import type { Flow, FlowItem, RecordBatch } from './flow.ts';
import { isSpace } from './json-bytes.ts';
import type { LogSink } from './log.ts';
import { type Damage, type MessageOptions, parseMessage } from './parse-message.ts';
import { lineBatch } from './record-batch.ts';
import { RecordRecogniser } from './record-head.ts';
import type { SeenStream } from './stream-table.ts';

export interface LineOptions {
  /** Who speaks, for the log. */
  readonly connector: string;
  /** Takes LOG messages and every line that is no message. */
  readonly log: LogSink;
  /** What is being read: spares looking for a namespace behind the data of streams that need none. */
  readonly catalog?: ConfiguredCatalog;
  /** Take a bare state object (`{"type":"STREAM",…}`) for a STATE, as some destinations confirm. */
  readonly unwrappedStates?: boolean;
  /**
   * Hears of the first RECORD or STATE that cannot be read, after all before it has been taken; it is the end of what
   * is read. Where this is absent, the log is warned, and reading goes on.
   */
  readonly onDamage?: (damage: Damage, place: { readonly isCutOff: boolean }) => void;
  /** Hears of each chunk of which nothing is needed any more: when all records in it have been released. */
  readonly giveBack?: (chunk: Uint8Array) => void;
}

/**
 * Reads what a connector says on its stdout: records stay bytes, consecutive ones of a chunk as one piece of it;
 * all other messages are parsed; lines that are no message go to the log.
 */
export async function* readMessages(bytes: AsyncIterable<Uint8Array>, options: LineOptions): Flow {
  const reader = new LineReader(options);
  for await (const chunk of bytes) {
    const items = reader.push(chunk);
    if (items.length > 0) yield items;
    if (reader.damage !== undefined) return options.onDamage?.(reader.damage, { isCutOff: false });
  }
  const items = reader.end();
  if (items.length > 0) yield items;
  if (reader.damage !== undefined) options.onDamage?.(reader.damage, { isCutOff: true });
}

/** Splits bytes into lines and lines into what flows; `push` takes a chunk cut anywhere, `end` the last line. */
export class LineReader {
  readonly #options: MessageOptions;
  readonly #giveBack: ((chunk: Uint8Array) => void) | undefined;
  readonly #records: RecordRecogniser;
  /** The pieces of the line that the last chunk cut; joined once, when its newline has come. */
  #cut: Uint8Array[] = [];
  #cutBytes = 0;
  #isFirstLine = true;
  #batches = 0;
  #streams: SeenStream[] = [];
  #damage: Damage | undefined;

  constructor(options: LineOptions) {
    this.#options = { ...options, refusesDamage: options.onDamage !== undefined };
    this.#giveBack = options.giveBack;
    this.#records = new RecordRecogniser(options.catalog);
  }

  /** What could not be read, where damage is refused: nothing behind it is. */
  get damage(): Damage | undefined {
    return this.#damage;
  }

  push(chunk: Uint8Array): FlowItem[] {
    const items: FlowItem[] = [];
    if (this.#damage === undefined) {
      const loan = new Loan(chunk, this.#giveBack);
      this.#pushLines(asBuffer(chunk), loan, items);
      loan.release();
    }
    return items;
  }

  #pushLines(bytes: Buffer, loan: Loan, items: FlowItem[]): void {
    let start = 0;
    if (this.#cut.length > 0) {
      start = bytes.indexOf(newline) + 1;
      this.#keepCut(start === 0 ? bytes : bytes.subarray(0, start));
      if (start === 0) return;
      this.#readLines(this.#takeCut(), 0, items);
      if (this.#damage !== undefined) return;
    }
    const rest = this.#readLines(bytes, start, items, loan);
    if (rest < bytes.length) this.#keepCut(bytes.subarray(rest));
  }

  end(): FlowItem[] {
    const items: FlowItem[] = [];
    if (this.#cut.length === 0 || this.#damage !== undefined) return items;
    this.#cut.push(Buffer.of(newline));
    const line = this.#takeCut();
    // A connector that was killed leaves half a line, which may by chance end like a whole one.
    const start = this.#skipByteOrderMark(line, 0);
    const stream = this.#records.recogniseWhole(line, start, line.length - 1);
    if (stream === undefined) this.#readOther(line, start, line.length - 1, items);
    else this.#readLines(line, start, items);
    return items;
  }

  /** Copied where the chunk has to be given back: what is cut is mostly less than a line. */
  #keepCut(piece: Uint8Array): void {
    this.#cut.push(this.#giveBack === undefined ? piece : Buffer.from(piece));
    this.#cutBytes += piece.length;
    if (this.#cutBytes <= longestLine) return;
    const { connector } = this.#options;
    throw new ProtocolError(`${connector}: a line on its stdout is longer than 512 MB`, {
      guidance: 'It writes something else than messages, or one record that large.',
      context: { connector },
    });
  }

  #takeCut(): Buffer {
    const line = Buffer.concat(this.#cut);
    this.#cut = [];
    this.#cutBytes = 0;
    return line;
  }

  /** Reads all whole lines from `from` on; the answer is where the first that is not whole starts. */
  #readLines(bytes: Buffer, from: number, items: FlowItem[], loan?: Loan): number {
    let start = this.#skipByteOrderMark(bytes, from);
    let batchStart = start;
    for (;;) {
      if (this.#records.last !== undefined) start = this.#follow(bytes, start);
      const end = bytes.indexOf(newline, start);
      if (end < 0) break;
      const stream = this.#records.recognise(bytes, start, end);
      const next = end + 1;
      if (stream !== undefined) this.#count(stream, 1, next - start);
      else {
        this.#closeBatch(bytes.subarray(batchStart, start), items, loan);
        this.#readOther(bytes, start, end, items);
        if (this.#damage !== undefined) return bytes.length;
        batchStart = next;
      }
      start = next;
    }
    this.#closeBatch(bytes.subarray(batchStart, start), items, loan);
    return start;
  }

  #follow(bytes: Buffer, start: number): number {
    const next = this.#records.follow(bytes, start);
    const { last, followers } = this.#records;
    if (last !== undefined && followers > 0) this.#count(last, followers, next - start);
    return next;
  }

  #skipByteOrderMark(bytes: Buffer, from: number): number {
    if (!this.#isFirstLine || bytes.indexOf(newline, from) < 0) return from;
    this.#isFirstLine = false;
    return bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf ? from + 3 : from;
  }

  #count(stream: SeenStream, count: number, length: number): void {
    if (stream.batch !== this.#batches) {
      stream.batch = this.#batches;
      stream.count = 0;
      stream.bytes = 0;
      this.#streams.push(stream);
    }
    stream.count += count;
    stream.bytes += length;
  }

  #closeBatch(lines: Buffer, items: FlowItem[], loan: Loan | undefined): void {
    if (lines.length === 0) return;
    items.push(this.#batch(lines, loan));
    this.#streams = [];
    this.#batches += 1;
  }

  #batch(lines: Buffer, loan: Loan | undefined): RecordBatch {
    const tally = this.#streams.map(({ key, count, bytes }) => ({ stream: key, count, bytes }));
    const records = this.#records;
    const identify = (line: Buffer, start: number, end: number) => records.recognise(line, start, end)?.key;
    const source = this.#options.connector;
    return lineBatch(lines, tally, identify, { source, onRelease: loan?.toBatch() });
  }

  #readOther(bytes: Buffer, start: number, end: number, items: FlowItem[]): void {
    let from = start;
    let to = end;
    while (from < to && isSpace(bytes[from])) from += 1;
    while (to > from && isSpace(bytes[to - 1])) to -= 1;
    if (from === to) return;
    const message = parseMessage(bytes.subarray(from, to), this.#options);
    if (message?.type === 'DAMAGED') this.#damage = message;
    else if (message !== undefined) items.push(message);
  }
}

/** A chunk that is given back when all who hold a part of it have let go: the reader itself, and each batch. */
class Loan {
  readonly #chunk: Uint8Array;
  readonly #giveBack: ((chunk: Uint8Array) => void) | undefined;
  #holders = 1;

  constructor(chunk: Uint8Array, giveBack: ((chunk: Uint8Array) => void) | undefined) {
    this.#chunk = chunk;
    this.#giveBack = giveBack;
  }

  /** Another holder: what it calls to let go, once. */
  toBatch(): (() => void) | undefined {
    if (this.#giveBack === undefined) return undefined;
    this.#holders += 1;
    return () => this.release();
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#giveBack?.(this.#chunk);
  }
}

const newline = 10;
/** More than any text of Node's can hold; a line that never ends would else fill the memory. */
const longestLine = 512 * 1024 * 1024;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
