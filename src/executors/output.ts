import type { Readable } from 'node:stream';
import { type Child, lingerMs } from './child.ts';
import { afterMs } from './limit.ts';

/**
 * What a child writes to stdout, no faster than it is asked for. Ends with the output, or, when something that the
 * child started keeps it open, soon after the child itself has exited. Throws the signal's reason on an abort.
 */
export async function* readOutput(child: Child, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { stdout } = child;
  // One waiter for the whole output; `for await` over the stream could not be woken by an exit or an abort.
  let wake = () => {};
  const onEvent = () => wake();
  for (const event of outputEvents) stdout.on(event, onEvent);
  signal.addEventListener('abort', onEvent);
  let isOver = false;
  let isLeft = false;
  let callOff = () => {};
  void child.exited.then(() => {
    if (isLeft) return;
    // What is left of the tree has had its time; what it has written stays to be read.
    callOff = afterMs(lingerMs, () => {
      isOver = true;
      child.killRest().then(onEvent, onEvent);
    });
  });
  try {
    for (;;) {
      signal.throwIfAborted();
      const chunk = nextChunk(stdout);
      if (chunk !== undefined) {
        yield chunk;
        continue;
      }
      if (stdout.readableEnded || stdout.destroyed || isOver) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    isLeft = true;
    callOff();
    signal.removeEventListener('abort', onEvent);
    for (const event of outputEvents) stdout.off(event, onEvent);
    // A child that is being stopped may go on writing: that must not keep it from ending.
    stdout.on('error', () => {});
    stdout.resume();
  }
}

const outputEvents = ['readable', 'end', 'close', 'error'] as const;

function nextChunk(stdout: Readable): Uint8Array | undefined {
  const chunk: unknown = stdout.read();
  return chunk instanceof Uint8Array ? chunk : undefined;
}
