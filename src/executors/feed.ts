import type { Writable } from 'node:stream';
import { encodeItems, releaseItems } from '../protocol/encode.ts';
import type { Flow, FlowItem } from '../protocol/flow.ts';

/** A child's stdin being written. */
export interface Feed {
  /** Whether the input has ended and every byte of it has left our hands. */
  readonly isDelivered: boolean;
  /** What the input threw, if that was before the child exited. */
  readonly failure: { readonly error: unknown } | undefined;
  /** Settles when nothing more will be written, for whatever reason; never rejects. */
  readonly ended: Promise<void>;
  /** Ends the input without waiting for it. */
  leave(): void;
}

interface FeedOptions {
  readonly hasExited: () => boolean;
  /** Called when the child lives on but gets no more: the input threw, or the child has closed its stdin. */
  readonly onCut: () => void;
}

/**
 * Writes an input to a child's stdin, no faster than the child takes it. Of our own, because execa hides EPIPE when it
 * is given a generator, and notices a child that has exited only when the generator ends. A broken pipe is no error
 * here: how the child exits decides.
 */
export function feed(stdin: Writable, input: Flow, { hasExited, onCut }: FeedOptions): Feed {
  const iterator = input[Symbol.asyncIterator]();
  let failure: { readonly error: unknown } | undefined;
  let inputEnded = false;
  let isLeft = false;
  let unwritten = 0;
  const write = (items: readonly FlowItem[]): boolean => {
    const pieces = encodeItems(items);
    const last = pieces.length - 1;
    if (last < 0) return true;
    unwritten += 1;
    // In one call to the system, however many pieces there are.
    stdin.cork();
    for (const [index, piece] of pieces.entries()) {
      stdin.write(piece, (error) => {
        if (error || index < last) return;
        unwritten -= 1;
        releaseItems(items);
      });
    }
    stdin.uncork();
    return !stdin.writableNeedDrain;
  };
  // One waiter for the whole feed: a listener and a promise per chunk would cost as much as writing it.
  let wake = () => {};
  for (const event of ['drain', 'close', 'error']) stdin.on(event, () => wake());
  stdin.once('close', () => {
    if (!(inputEnded || isLeft || hasExited())) onCut();
  });

  const pump = async () => {
    for (;;) {
      const step = await iterator.next();
      inputEnded = step.done === true;
      if (step.done === true || isLeft || stdin.destroyed) break;
      if (write(step.value)) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (stdin.destroyed) resolve();
      });
      if (isLeft || stdin.destroyed) break;
    }
    if (inputEnded) stdin.end();
  };
  const ended = pump().catch((error: unknown) => {
    if (isLeft || hasExited()) return;
    failure = { error };
    stdin.end();
    onCut();
  });

  return {
    get isDelivered() {
      return inputEnded && unwritten === 0;
    },
    get failure() {
      return failure;
    },
    ended,
    leave() {
      if (isLeft) return;
      isLeft = true;
      wake();
      // It may be waiting for its next item, and would not return until that comes.
      if (!inputEnded) iterator.return?.()?.then(undefined, () => {});
    },
  };
}
