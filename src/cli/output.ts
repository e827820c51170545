import { once } from 'node:events';
import { errnoOf, storageError } from '../errors.ts';

/** stdout, for data only. */
export interface DataOutput {
  readonly isTerminal: boolean;
  /** Whether its reader has gone, as `head` does when it has enough. */
  readonly isGone: boolean;
  /** Whether much waits for its reader. */
  readonly isSlow: boolean;
  /** Writes soon, many small texts at once; waits while the reader is slow. After the reader has gone, does nothing. */
  write(text: string): Promise<void>;
  /** Waits until all is written; throws if something could not be. */
  end(): Promise<void>;
}

/** Opens stdout. `onBroken` is called once when nothing more can be written there; without a failure, its reader has gone. */
export function openDataOutput(
  onBroken: (failure: unknown) => void,
  stream: NodeJS.WriteStream = process.stdout,
): DataOutput {
  let pending = '';
  let isScheduled = false;
  let isGone = false;
  let failure: unknown;
  stream.on('error', (error) => {
    const isFirst = !isGone && failure === undefined;
    if (errnoOf(error) === 'EPIPE') isGone = true;
    else failure ??= storageError(error, 'stdout cannot be written');
    if (isFirst) onBroken(failure);
  });
  const flush = (): boolean => {
    isScheduled = false;
    const text = pending;
    pending = '';
    return isGone || text === '' || stream.write(text);
  };
  return {
    isTerminal: stream.isTTY === true,
    get isGone() {
      return isGone;
    },
    get isSlow() {
      return pending.length + stream.writableLength > mostWaiting;
    },
    async write(text) {
      if (isGone) return;
      pending += text;
      if (pending.length >= flushedAt) {
        if (!flush()) await once(stream, 'drain').catch(() => {});
      } else if (!isScheduled) {
        isScheduled = true;
        setImmediate(flush);
      }
    },
    async end() {
      flush();
      if (!isGone) await new Promise<void>((resolve) => stream.write('', () => resolve()));
      if (failure !== undefined) throw failure;
    },
  };
}

const flushedAt = 65_536;
const mostWaiting = 1024 * 1024;
