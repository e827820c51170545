import type { FlowItem } from './flow.ts';
import { stringifyLossless } from './lossless-json.ts';
import { stateLine } from './state-line.ts';

/**
 * What a destination reads on its stdin: records, states and traces, line by line. Small neighbours are joined, large
 * batches pass untouched.
 */
export function encodeItems(items: readonly FlowItem[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let pending: Uint8Array[] = [];
  const join = () => {
    const [first] = pending;
    if (first !== undefined) pieces.push(pending.length === 1 ? first : Buffer.concat(pending));
    pending = [];
  };
  for (const item of items) {
    const piece = encoded(item);
    if (piece === undefined || piece.length === 0) continue;
    if (piece.length < small) {
      pending.push(piece);
      continue;
    }
    join();
    pieces.push(piece);
  }
  join();
  return pieces;
}

/** Up to this size copying is cheaper than another write. */
const small = 16_384;

function encoded(item: FlowItem): Uint8Array | undefined {
  switch (item.type) {
    case 'RECORDS':
      return item.lines();
    case 'STATE':
      return stateLine(item);
    case 'TRACE':
      return Buffer.from(`${stringifyLossless(item)}\n`);
    default:
      return undefined;
  }
}

/** Says of all records among the items that they are needed no more. */
export function releaseItems(items: readonly FlowItem[]): void {
  for (const item of items) if (item.type === 'RECORDS') item.release?.();
}
