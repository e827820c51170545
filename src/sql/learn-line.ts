import { hasEscape, type MemberSpan, objectSpan } from '../protocol/json-bytes.ts';
import { parseLossless } from '../protocol/lossless-json.ts';
import { changesIn } from './check-row.ts';
import { type Literal, literalOf } from './copying.ts';

/**
 * What the lines of a stream have in common around their data: bytes that are always the same, and the time at which
 * the record was emitted.
 */
export interface LineShape {
  /** Up to and with the brace that opens the data; the digits of the time stand between two of these, if before it. */
  readonly head: readonly Literal[];
  /** From behind the data to the end of the line; the digits of the time stand between two of these, if behind it. */
  readonly tail: readonly Literal[];
  /** What the record's own `meta` tells of. */
  readonly changes: readonly unknown[];
}

/** The shape of a line that checkRow has read; undefined for one that is unlike others. */
export function learnLine(line: Buffer): LineShape | undefined {
  const message = membersOf(line, 0);
  const record = message?.get('record');
  if (message === undefined || record === undefined) return undefined;
  const members = membersOf(line, record.valueStart);
  const data = members?.get('data');
  const time = members?.get('emitted_at');
  if (members === undefined || data === undefined || time === undefined) return undefined;
  const head = [{ from: 0, to: data.valueStart + 1 }];
  const tail = [{ from: data.valueEnd, to: line.length }];
  const around = time.valueStart < data.valueStart ? head : tail;
  const [whole] = around.splice(0);
  if (whole === undefined) return undefined;
  around.push({ from: whole.from, to: time.valueStart }, { from: time.valueEnd, to: whole.to });
  const literal = ({ from, to }: { readonly from: number; readonly to: number }): Literal =>
    literalOf(line.subarray(from, to));
  const meta = members.get('meta');
  return {
    head: head.map(literal),
    tail: tail.map(literal),
    changes:
      meta === undefined
        ? []
        : changesIn(parseLossless(line.toString('utf8', meta.valueStart, meta.valueEnd))),
  };
}

/** The members of an object by their names; undefined where a name is escaped, or there twice. */
function membersOf(line: Buffer, at: number): ReadonlyMap<string, MemberSpan> | undefined {
  const members = objectSpan(line, at, line.length)?.members ?? [];
  if (members.some(({ keyStart, keyEnd }) => hasEscape(line, keyStart, keyEnd))) return undefined;
  const named = new Map(
    members.map((member) => [line.toString('utf8', member.keyStart, member.keyEnd), member]),
  );
  return named.size === members.length ? named : undefined;
}
