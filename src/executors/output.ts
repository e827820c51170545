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
  const off = stdout.onChange(onEvent);
  signal.addEventListener('abort', onEvent);
  void child.exited.then(onEvent);
  let wasQuiet = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const chunk = stdout.take();
      if (chunk !== undefined) {
        wasQuiet = false;
        yield chunk;
        continue;
      }
      // That there is nothing to read at this moment says nothing about what the system still holds of the output.
      if (stdout.hasEnded) return;
      const isQuiet = await new Promise<boolean>((resolve) => {
        const callOff = child.exit === undefined ? () => {} : whenQuiet(() => resolve(true));
        wake = () => {
          callOff();
          resolve(false);
        };
      });
      if (!isQuiet) continue;
      // What is left of the tree has had its time; once it is gone the output ends, unless something got away.
      if (wasQuiet) return;
      wasQuiet = true;
      child.killRest();
    }
  } finally {
    signal.removeEventListener('abort', onEvent);
    off();
    // A child that is being stopped may go on writing: that must not keep it from ending.
    stdout.drop();
  }
}

/** After the linger time, and when all that has come meanwhile has been noticed, also where we were busy so long. */
function whenQuiet(action: () => void): () => void {
  return afterMs(lingerMs, () => setImmediate(action));
}
