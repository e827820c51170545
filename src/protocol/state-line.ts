import { type MemberSpan, objectSpan, openBrace, skipSpace } from './json-bytes.ts';
import { stringifyLossless } from './lossless-json.ts';
import type { StateMessage } from './messages.ts';

export interface StateAdditions {
  readonly id?: number;
  readonly sourceStats?: { readonly recordCount: number };
}

/**
 * The line of a STATE with an `id` and a count of records set in it. All other bytes stay as they came; where the
 * message has no line of its own, it is written without losing digits. Ends with a newline.
 */
export function stateLine(message: StateMessage, { id, sourceStats }: StateAdditions = {}): Uint8Array {
  let line = message.line === undefined ? writtenLine(message) : asBuffer(message.line);
  if (id !== undefined) line = setIn(line, ['state', 'id'], String(id)) ?? line;
  if (sourceStats !== undefined) {
    const count = floatText(sourceStats.recordCount);
    line =
      setIn(line, ['state', 'sourceStats', 'recordCount'], count) ??
      setIn(line, ['state', 'sourceStats'], `{"recordCount":${count}}`) ??
      line;
  }
  return Buffer.concat([line, newline]);
}

const newline = Buffer.from('\n');

function writtenLine({ line: _, ...message }: StateMessage): Buffer {
  return Buffer.from(stringifyLossless(message));
}

/** The protocol writes counts as floats, and so do all connectors: `10.0`. */
function floatText(count: number): string {
  return Number.isInteger(count) ? `${count}.0` : String(count);
}

/**
 * Sets the member at the end of a path of objects: its value is replaced where there is one, else it is put last.
 * Undefined where the path leads through something that is no object.
 */
function setIn(line: Buffer, path: readonly string[], value: string): Buffer | undefined {
  let at = skipSpace(line, 0);
  for (const [depth, key] of path.entries()) {
    const object = objectSpan(line, at, line.length);
    if (object === undefined) return undefined;
    const member = object.members.findLast((one) => keyOf(line, one) === key);
    const isLast = depth === path.length - 1;
    if (isLast && member !== undefined) return spliced(line, member.valueStart, member.valueEnd, value);
    if (isLast) {
      const separator = object.members.length === 0 ? '' : ',';
      return spliced(line, object.close, object.close, `${separator}${JSON.stringify(key)}:${value}`);
    }
    if (member === undefined || line[member.valueStart] !== openBrace) return undefined;
    at = member.valueStart;
  }
  return undefined;
}

function keyOf(line: Buffer, { keyStart, keyEnd }: MemberSpan): unknown {
  return JSON.parse(line.toString('utf8', keyStart - 1, keyEnd + 1));
}

function spliced(line: Buffer, start: number, end: number, text: string): Buffer {
  return Buffer.concat([line.subarray(0, start), Buffer.from(text), line.subarray(end)]);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
