import type { ReusedMemory } from '../protocol/reused-memory.ts';
import { metaText } from './check-row.ts';
import { DataCopier } from './copy-data.ts';
import {
  type Copying,
  isDigit,
  type Literal,
  makeCopying,
  reserve,
  setSource,
  standsAt,
  unusual,
} from './copying.ts';
import { InstantCell } from './instant-cell.ts';
import { type LineShape, learnLine } from './learn-line.ts';
import { marked, textMarkByte } from './staged-rows.ts';
import type { StreamTable } from './stream-table.ts';

/**
 * Makes rows out of bytes. A line is taken if it is like the one that was learned last, with the same bytes around its
 * data, and if its values are spelled in the usual way.
 */
export class QuickRows {
  readonly #copying: Copying;
  readonly #data: DataCopier;
  readonly #instant = new InstantCell();
  readonly #syncId: number;
  readonly #columns: number;
  #shape: LineShape | undefined;
  /** `_airbyte_meta` of lines of this shape, between commas. */
  #meta: Uint8Array = new Uint8Array();
  /** Whether the line at hand has the shape. */
  #hasShape = false;
  /** The time at which the record at hand was emitted. */
  #emittedAt = 0;
  /** What has been needed of memory: bytes written for each that was read. */
  #growth = 1;

  constructor(table: Pick<StreamTable, 'columns'>, { syncId, holdsNul, memory }: QuickOptions) {
    this.#copying = makeCopying({ holdsNul, memory });
    this.#data = new DataCopier(table);
    this.#syncId = syncId;
    this.#columns = table.columns.length;
  }

  /** How many bytes of rows there are since `begin`. */
  get written(): number {
    return this.#copying.to;
  }

  /** These lines come next. */
  begin(source: Buffer): void {
    setSource(this.#copying, source, Math.ceil(source.length * this.#growth));
  }

  /** Makes the row of the line before the newline at `end`, or none. */
  take(start: number, end: number, arrival: number): boolean {
    const shape = this.#shape;
    this.#hasShape = false;
    if (shape === undefined) return false;
    const copying = this.#copying;
    const before = copying.to;
    reserve(copying, 2 * (end - start) + roomOfCell * (this.#columns + 4) + this.#meta.length);
    copying.comesBack = true;
    copying.zones = 0;
    const data = this.#pass(shape.head, start);
    this.#hasShape = data !== unusual;
    const dataEnd = data === unusual ? unusual : this.#data.copy(copying, data);
    const lineEnd = dataEnd === unusual ? unusual : this.#pass(shape.tail, dataEnd);
    if (dataEnd !== unusual && !isLineEnd(copying.source, lineEnd, end)) this.#hasShape = false;
    else if (lineEnd !== unusual) {
      this.#close(start, lineEnd, arrival);
      return true;
    }
    copying.to = before;
    return false;
  }

  /** A row that was made elsewhere. */
  put(row: string): void {
    const copying = this.#copying;
    reserve(copying, 3 * row.length);
    copying.to += copying.target.write(row, copying.to);
  }

  /** A sound line that was not taken: those that come may be like it. */
  learn(line: string): void {
    if (this.#hasShape) return;
    this.#shape = learnLine(Buffer.from(line));
    const meta = metaText(this.#syncId, this.#shape?.changes ?? []);
    this.#meta = Buffer.from(meta === null ? ',,' : `,${marked(meta)},`);
  }

  /** The rows since `begin`. */
  end(): Uint8Array {
    const { target, to, source, memory } = this.#copying;
    this.#growth = to / Math.max(1, source.length);
    const rows = target.subarray(0, to);
    setSource(this.#copying, nothing, 0);
    if (4 * to >= target.length) return rows;
    // The little that is used would hold on to the much that is not.
    const own = Buffer.from(rows);
    memory.giveBack(target);
    return own;
  }

  /** Passes over bytes that are always the same, and reads the time between them, if it stands there. */
  #pass([first, second]: readonly Literal[], start: number): number {
    const copying = this.#copying;
    if (first === undefined || !standsAt(copying, start, first)) return unusual;
    const at = start + first.bytes.length;
    if (second === undefined) return at;
    const { source } = copying;
    let next = at;
    let time = 0;
    for (let byte = source[next]; byte !== undefined && isDigit(byte); byte = source[next]) {
      time = time * 10 + byte - zero;
      next += 1;
    }
    const digits = next - at;
    // Any time of up to 14 digits is one that a year of four digits has.
    if (digits === 0 || digits > 14 || (source[at] === zero && digits > 1)) return unusual;
    this.#emittedAt = time;
    return standsAt(copying, next, second) ? next + second.bytes.length : unusual;
  }

  /** The cells behind the data: what `stagedColumns` lists behind the table's own columns. */
  #close(start: number, lineEnd: number, arrival: number): void {
    const copying = this.#copying;
    this.#instant.set(this.#emittedAt);
    append(copying, this.#instant.bytes);
    append(copying, this.#meta);
    copying.target[copying.to] = zero + this.#data.form;
    copying.target[copying.to + 1] = comma;
    copying.to += 2;
    if (!copying.comesBack) appendLine(copying, start, lineEnd);
    copying.target[copying.to] = comma;
    copying.to += 1;
    appendInteger(copying, arrival);
    copying.target[copying.to] = newline;
    copying.to += 1;
  }
}

interface QuickOptions {
  readonly syncId: number;
  readonly holdsNul: boolean;
  readonly memory?: ReusedMemory | undefined;
}

/** What a cell may take beyond the bytes that it is made of: `1e18` becomes 19 digits. */
const roomOfCell = 32;

const zero = 0x30;
const comma = 0x2c;
const newline = 0x0a;
const nothing = Buffer.alloc(0);

function isLineEnd(source: Buffer, at: number, end: number): boolean {
  return at === end || (at === end - 1 && source[at] === 0x0d);
}

function append(copying: Copying, bytes: Uint8Array): void {
  const { target, to } = copying;
  for (let i = 0; i < bytes.length; i += 1) target[to + i] = bytes[i] ?? 0;
  copying.to = to + bytes.length;
}

function appendInteger(copying: Copying, value: number): void {
  const { target, to } = copying;
  let end = to + 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end += 1;
  let rest = value;
  for (let at = end - 1; at >= to; at -= 1) {
    target[at] = zero + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  copying.to = end;
}

/** The line itself, as a cell: sound JSON, which holds no mark. */
function appendLine(copying: Copying, start: number, end: number): void {
  reserve(copying, end - start + roomOfCell);
  const { source, target, to } = copying;
  target[to] = textMarkByte;
  source.copy(target, to + 1, start, end);
  target[to + 1 + end - start] = textMarkByte;
  copying.to = to + 2 + end - start;
}
