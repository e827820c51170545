import { once } from 'node:events';
import {
  type ConnectOpts,
  connect,
  createServer,
  type OnReadOpts,
  Socket,
  type SocketConstructorOpts,
} from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ReusedMemory } from '../protocol/reused-memory.ts';

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
    const outlet = new Reading((onread) => connect({ path, onread }), socketSizes);
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

/** Our end of a named pipe, read in the same way. */
export interface FifoOutlet extends Outlet {
  /** Settles with the first byte, by which the other end says that it is there; false when none came. */
  readonly greeted: Promise<boolean>;
}

/** Takes over a named pipe that was opened for reading. Its first byte is a greeting, and no output. */
export function fifoOutlet(fd: number): FifoOutlet {
  const greeting = new Greeting();
  const open = (onread: OnReadOpts) => {
    const options: SocketConstructorOpts & ConnectOpts = { fd, readable: true, writable: false, onread };
    return new Socket(options);
  };
  return Object.assign(new Reading(open, fifoSizes, greeting), { greeted: greeting.heard });
}

/** The byte before the output. */
class Greeting {
  readonly heard: Promise<boolean>;
  hear: (isHeard: boolean) => void = () => {};

  constructor() {
    this.heard = new Promise((resolve) => {
      this.hear = resolve;
    });
  }
}

/** What the name of a socket may be long: 104 bytes on macOS, 108 on Linux, with a zero at the end. */
const longestPath = 103;

class Reading implements Outlet {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #pieces: Pieces;
  readonly #readAhead: number;
  readonly #listeners = new Set<() => void>();
  #greeting: Greeting | undefined;
  #waiting: Uint8Array[] = [];
  #isDropped = false;
  #hasEnded = false;

  constructor(open: (onread: OnReadOpts) => Socket, { pieceBytes, readAhead }: Sizes, greeting?: Greeting) {
    this.#pieces = new Pieces(pieceBytes);
    this.#readAhead = readAhead;
    this.#greeting = greeting;
    this.#socket = open({
      buffer: () => this.#pieces.next(),
      callback: (length, buffer) => this.#read(length, buffer),
    });
    const end = () => {
      this.#hasEnded = true;
      greeting?.hear(false);
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
    if (this.#waiting.length < this.#readAhead) this.#socket.resume();
    return chunk;
  }

  giveBack(chunk: Uint8Array): void {
    this.#pieces.giveBack(chunk);
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
    if (this.#greeting === undefined) this.#waiting.push(this.#pieces.lend(buffer, length));
    else {
      if (length > 1) this.#waiting.push(Buffer.from(buffer.subarray(1, length)));
      this.#greeting.hear(true);
      this.#greeting = undefined;
    }
    this.#tell();
    return this.#waiting.length < this.#readAhead;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

interface Sizes {
  /** What the system keeps of it at most: one read takes all that there is. */
  readonly pieceBytes: number;
  /** How many pieces are read before anybody asks for them. */
  readonly readAhead: number;
}

/** Of Linux; what others keep is less. */
const socketSizes: Sizes = { pieceBytes: 256 * 1024, readAhead: 2 };
const fifoSizes: Sizes = { pieceBytes: 64 * 1024, readAhead: 8 };

/** The pieces that are read into. */
class Pieces {
  readonly #pieceBytes: number;
  readonly #memory = new ReusedMemory({ mostFreeBytes: keptFreeBytes });
  #current: Buffer | undefined;

  constructor(pieceBytes: number) {
    this.#pieceBytes = pieceBytes;
  }

  /** Where to read to next: the same again, until it is lent. */
  next(): Buffer {
    this.#current ??= this.#memory.take(this.#pieceBytes);
    return this.#current;
  }

  lend(buffer: Uint8Array, length: number): Uint8Array {
    // Whoever kept a small part of a piece would keep all of it.
    if (length < this.#pieceBytes / 4) return Buffer.from(buffer.subarray(0, length));
    this.#current = undefined;
    return buffer.subarray(0, length);
  }

  giveBack(chunk: Uint8Array): void {
    this.#memory.giveBack(chunk);
  }
}

const keptFreeBytes = 1024 * 1024;
