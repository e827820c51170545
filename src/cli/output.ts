import { once } from 'node:events';
import { errnoOf, storageError } from '../errors.ts';

/** stdout, for data only. */
export interface DataOutput {
  /** Writes lines; waits while the reader is slow. After the reader has gone, does nothing. */
  write(text: string): Promise<void>;
  /** Waits until all is written; throws if something could not be. */
  end(): Promise<void>;
}

/** Opens stdout. `onGone` is called once when its reader has gone, as `head` does when it has enough. */
export function openDataOutput(onGone: () => void, stream: NodeJS.WriteStream = process.stdout): DataOutput {
  let failure: unknown;
  let isGone = false;
  stream.on('error', (error) => {
    if (errnoOf(error) !== 'EPIPE') failure ??= storageError(error, 'stdout cannot be written');
    if (!isGone) onGone();
    isGone = true;
  });
  return {
    async write(text) {
      if (isGone || stream.write(text)) return;
      await once(stream, 'drain').catch(() => {});
    },
    async end() {
      if (!isGone) await new Promise<void>((resolve) => stream.write('', () => resolve()));
      if (failure !== undefined) throw failure;
    },
  };
}
