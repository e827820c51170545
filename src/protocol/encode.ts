import type { Flow, FlowItem } from './flow.ts';
import { stringifyLossless } from './lossless-json.ts';
import { stateLine } from './state-line.ts';

/**
 * What a destination reads on its stdin: records, states and traces, line by line. Small neighbours are joined, large
 * batches pass untouched, and nothing is kept back for later.
 */
export async function* encodeInput(input: Flow): AsyncIterable<Uint8Array> {
  for await (const items of input) yield* joined(items);
}

/** Up to this size copying is cheaper than another write. */
const small = 16_384;

function* joined(items: readonly FlowItem[]): Iterable<Uint8Array> {
  let pending: Uint8Array[] = [];
  for (const item of items) {
    const piece = encoded(item);
    if (piece === undefined || piece.length === 0) continue;
    if (piece.length < small) {
      pending.push(piece);
      continue;
    }
    yield* concatenated(pending);
    pending = [];
    yield piece;
  }
  yield* concatenated(pending);
}

function* concatenated(pieces: readonly Uint8Array[]): Iterable<Uint8Array> {
  const [first] = pieces;
  if (first !== undefined) yield pieces.length === 1 ? first : Buffer.concat(pieces);
}

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
