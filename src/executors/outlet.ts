import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** Our end of a child's stdout. */
export interface Outlet {
  /** What has come, or undefined where nothing is there at this moment. */
  take(): Uint8Array | undefined;
  /** Says of what was taken that nobody needs it any more: its memory may be used again. */
  giveBack(chunk: Uint8Array): void;
  readonly hasEnded: boolean;
  /** Calls whenever there may be more to take, or the end has come; the answer calls it off. */
  onChange(listener: () => void): () => void;
  /** Reads on, so that the child is not held up, and drops what comes. */
  drop(): void;
  destroy(): void;
  /** Resolves when nobody holds the other end any more. */
  readonly closed: Promise<void>;
}

/** The stdout that Node makes for a child: each read is a piece of new memory. Right for commands that say little. */
export function pipeOutlet(stdout: Readable): Outlet {
  const closed = new Promise<void>((resolve) => stdout.once('close', resolve));
  return {
    closed,
    take() {
      const chunk: unknown = stdout.read();
      return chunk instanceof Uint8Array ? chunk : undefined;
    },
    giveBack() {},
    get hasEnded() {
      return stdout.readableEnded || stdout.destroyed;
    },
    onChange(listener) {
      for (const event of outputEvents) stdout.on(event, listener);
      return () => {
        for (const event of outputEvents) stdout.off(event, listener);
      };
    },
    drop() {
      stdout.on('error', () => {});
      stdout.resume();
    },
    destroy: () => void stdout.destroy(),
  };
}

const outputEvents = ['readable', 'end', 'close', 'error'] as const;

/** An outlet before its child is there. */
export interface OpenOutlet {
  readonly outlet: Outlet;
  /** The child's end: given to it as its stdout, then destroyed here, or the output would never end. */
  readonly theirs: Socket;
}

/**
 * A pair of sockets, like the pair that Node makes for a child, but read into a few large pieces of memory that are used
 * again as soon as they are given back: this takes half the time. Undefined where the system has no such sockets.
 */
export async function openOutlet(folder: string): Promise<OpenOutlet | undefined> {
  const path = join(folder, 'stdout');
  if (process.platform === 'win32' || Buffer.byteLength(path) > longestPath) return undefined;
  const server = createServer({ pauseOnConnect: true });
  try {
    await once(server.listen(path), 'listening');
    const outlet = new Reading(path);
    const connected = once(server, 'connection');
    const accepted = await Promise.race([connected, outlet.closed.then(() => undefined)]);
    return accepted === undefined ? undefined : { outlet, theirs: accepted[0] };
  } catch {
    // Some sandboxes allow no sockets of one's own.
    return undefined;
  } finally {
    server.close();
  }
}

/** What the name of a socket may be long: 104 bytes on macOS, 108 on Linux, with a zero at the end. */
const longestPath = 103;

class Reading implements Outlet {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #memory = new Memory();
  readonly #listeners = new Set<() => void>();
  #waiting: Uint8Array[] = [];
  #isDropped = false;
  #hasEnded = false;

  constructor(path: string) {
    this.#socket = connect({
      path,
      onread: {
        buffer: () => this.#memory.next(),
        callback: (length, buffer) => this.#read(length, buffer),
      },
    });
    const end = () => {
      this.#hasEnded = true;
      this.#tell();
    };
    this.closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.on('error', end).on('end', end).on('close', end);
  }

  get hasEnded(): boolean {
    return this.#hasEnded && this.#waiting.length === 0;
  }

  take(): Uint8Array | undefined {
    const chunk = this.#waiting.shift();
    if (this.#waiting.length < readAhead) this.#socket.resume();
    return chunk;
  }

  giveBack(chunk: Uint8Array): void {
    this.#memory.takeBack(chunk);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  drop(): void {
    this.#isDropped = true;
    this.#waiting = [];
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(length: number, buffer: Uint8Array): boolean {
    if (this.#isDropped) return true;
    this.#waiting.push(this.#memory.lend(buffer, length));
    this.#tell();
    return this.#waiting.length < readAhead;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** How many pieces are read before anybody asks for them. */
const readAhead = 2;
/** What the system keeps of a socket at most, on Linux: one read takes all that there is. */
const pieceBytes = 256 * 1024;
/** A smaller piece is copied: whoever kept it would keep a whole piece of memory. */
const leastLent = pieceBytes / 4;
const keptFree = 4;

/** Pieces of memory that are lent and come back. What never does is left to the collector. */
class Memory {
  #free: Buffer[] = [];
  #current: Buffer | undefined;
  readonly #lent = new WeakSet<ArrayBufferLike>();

  /** Where to read to next: the same again, until it is lent. */
  next(): Buffer {
    this.#current ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
    return this.#current;
  }

  lend(buffer: Uint8Array, length: number): Uint8Array {
    if (length < leastLent) return Buffer.from(buffer.subarray(0, length));
    this.#lent.add(buffer.buffer);
    this.#current = undefined;
    return buffer.subarray(0, length);
  }

  takeBack({ buffer }: Uint8Array): void {
    if (!this.#lent.delete(buffer) || this.#free.length >= keptFree) return;
    this.#free.push(Buffer.from(buffer));
  }
}
