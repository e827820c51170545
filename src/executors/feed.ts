import type { Writable } from 'node:stream';

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
export function feed(
  stdin: Writable,
  input: AsyncIterable<Uint8Array>,
  { hasExited, onCut }: FeedOptions,
): Feed {
  const iterator = input[Symbol.asyncIterator]();
  let failure: { readonly error: unknown } | undefined;
  let inputEnded = false;
  let isLeft = false;
  let unwritten = 0;
  const onWritten = (error?: Error | null) => {
    if (!error) unwritten -= 1;
  };
  // One waiter for the whole feed: a listener and a promise per chunk would cost as much as writing it.
  let wake = () => {};
  for (const event of ['drain', 'close', 'error']) stdin.on(event, () => wake());
  stdin.once('close', () => {
    if (!(inputEnded || isLeft || hasExited())) onCut();
  });

  const pump = async () => {
    for (;;) {
      const { done, value } = await iterator.next();
      inputEnded = done === true;
      if (inputEnded || isLeft || stdin.destroyed) break;
      unwritten += 1;
      if (stdin.write(value, onWritten)) continue;
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
