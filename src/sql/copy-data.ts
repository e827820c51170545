import { type Copying, type Literal, literalOf, reserve, skipSpace, standsAt, unusual } from './copying.ts';
import { rowForm } from './row-form.ts';
import { copyJson } from './scan-json.ts';
import { type CopyValue, copyValue } from './scan-value.ts';
import type { StreamTable } from './stream-table.ts';

/** Copies the data of records as cells, one for each column of the table, each followed by a comma. */
export class DataCopier {
  readonly #fields: readonly Field[];
  readonly #byKey: ReadonlyMap<string, Field>;
  /** The field that stood first in the last line. */
  #first: Field | undefined;
  /** Whether fields come in the order of their columns, so that cells can stay where they are written. */
  #isInOrder = true;
  /** Where the cell of each column was written, where fields come in another order; -1 where there is none. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #form = 0;

  constructor({ columns }: Pick<StreamTable, 'columns'>) {
    this.#fields = columns.map(({ field, type }, index) => ({
      index,
      key: literalOf(Buffer.from(`${JSON.stringify(field)}:`)),
      copy: copyValue[type],
      next: undefined,
    }));
    for (const [index, field] of this.#fields.entries()) field.next = this.#fields[index + 1];
    this.#first = this.#fields[0];
    this.#byKey = new Map(this.#fields.map((field) => [latin1(field.key.bytes), field]));
    this.#starts = new Int32Array(columns.length);
    this.#ends = new Int32Array(columns.length);
  }

  /** How the record that was copied last is spelled (see row-form.ts). */
  get form(): number {
    return this.#form;
  }

  /** Copies the members that follow the opening brace; the answer is the place behind the closing one, or `unusual`. */
  copy(copying: Copying, at: number): number {
    if (this.#isInOrder) return this.#copyMembers(copying, at);
    this.#starts.fill(-1);
    const from = copying.to;
    const end = this.#copyMembers(copying, at);
    if (end !== unusual) this.#arrange(copying, from);
    return end;
  }

  #copyMembers(copying: Copying, start: number): number {
    const { source } = copying;
    const isInOrder = this.#isInOrder;
    const columns = this.#fields.length;
    let at = skipSpace(source, start);
    let previous: Field | undefined;
    let column = 0;
    let present = 0;
    let nulls = 0;
    for (let isEnd = source[at] === closeBrace; !isEnd; ) {
      const expected = previous === undefined ? this.#first : previous.next;
      let field = expected;
      if (field === undefined || !standsAt(copying, at, field.key)) {
        field = this.#byKey.get(keyAt(source, at));
        if (previous === undefined) this.#first = field ?? expected;
        else previous.next = field ?? expected;
      }
      if (field === undefined) at = passUnknown(copying, at);
      else {
        previous = field;
        present += 1;
        const { index } = field;
        if (isInOrder) {
          if (index < column) {
            this.#isInOrder = false;
            return unusual;
          }
          for (; column < index; column += 1) writeComma(copying);
          column += 1;
        } else if (this.#starts[index] !== -1) return unusual;
        const from = copying.to;
        at = skipSpace(source, at + field.key.bytes.length);
        if (isNull(source, at)) {
          nulls += 1;
          at += 4;
        } else at = field.copy(copying, at);
        if (isInOrder) writeComma(copying);
        else {
          this.#starts[index] = from;
          this.#ends[index] = copying.to;
        }
      }
      if (at === unusual) return unusual;
      at = skipSpace(source, at);
      isEnd = source[at] === closeBrace;
      if (!isEnd) {
        if (source[at] !== comma) return unusual;
        at = skipSpace(source, at + 1);
      }
    }
    if (isInOrder) for (; column < columns; column += 1) writeComma(copying);
    this.#settle(copying, columns - present, nulls);
    return at + 1;
  }

  #settle(copying: Copying, absent: number, nulls: number): void {
    if ((absent > 0 && nulls > 0) || copying.zones === 3) copying.comesBack = false;
    this.#form = (absent > 0 ? rowForm.absent : 0) + (copying.zones >= 2 ? rowForm.offset : 0);
  }

  /** Brings cells, written one after the other as fields came, into the order of the columns. */
  #arrange(copying: Copying, from: number): void {
    const columns = this.#starts.length;
    const shift = copying.to - from + columns;
    reserve(copying, shift + columns);
    const { target } = copying;
    // They are read from so far behind that nothing is written over before it is read.
    target.copyWithin(from + shift, from, copying.to);
    let to = from;
    for (let index = 0; index < columns; index += 1) {
      const start = this.#starts[index] ?? -1;
      const end = start < 0 ? start : (this.#ends[index] ?? -1);
      for (let next = start + shift; next < end + shift; next += 1) {
        target[to] = target[next] ?? 0;
        to += 1;
      }
      target[to] = comma;
      to += 1;
    }
    copying.to = to;
  }
}

interface Field {
  readonly index: number;
  /** The key with its quotes and the colon. */
  readonly key: Literal;
  readonly copy: CopyValue;
  /** The field that came behind this one the last time: sources keep to an order, even where they leave fields out. */
  next: Field | undefined;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const comma = 0x2c;
const closeBrace = 0x7d;

/** The key at a place, with its quotes and the colon; anything else for what is no key, or is spelled unusually. */
function keyAt(source: Buffer, at: number): string {
  const end = keyEnd(source, at);
  return end === unusual || source[end] !== colon ? '' : source.toString('latin1', at, end + 1);
}

function keyEnd(source: Buffer, at: number): number {
  if (source[at] !== quote) return unusual;
  let next = at + 1;
  for (let byte = source[next] ?? 0; byte !== quote; byte = source[next] ?? 0) {
    if (byte === backslash || byte < 0x20) return unusual;
    next += 1;
  }
  return next + 1;
}

/** Passes over a field that the table has no column for: its record keeps its line. */
function passUnknown(copying: Copying, at: number): number {
  const { source, to } = copying;
  const end = keyEnd(source, at);
  // The key of a column before a space and the colon is one of these, and must not be passed over.
  if (end === unusual || source[end] !== colon) return unusual;
  const next = copyJson(copying, skipSpace(source, end + 1));
  copying.to = to;
  copying.comesBack = false;
  return next;
}

function isNull(source: Buffer, at: number): boolean {
  return source[at] === 0x6e && source[at + 1] === 0x75 && source[at + 2] === 0x6c && source[at + 3] === 0x6c;
}

function writeComma(copying: Copying): void {
  copying.target[copying.to] = comma;
  copying.to += 1;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
