/**
 * Pieces of memory that are lent, and used again once they are given back. New memory for every piece costs more than
 * filling it: the system has to clear each page, and the collector to find out that it is free.
 */
export class ReusedMemory {
  readonly #mostFreeBytes: number;
  #free: Buffer[] = [];
  #freeBytes = 0;
  /** What is out. Other memory is not taken back: Node's small buffers share theirs with strangers. */
  readonly #lent = new WeakSet<ArrayBufferLike>();

  /** Of what has come back, so much is kept at most; the rest is left to the collector. */
  constructor({ mostFreeBytes }: { readonly mostFreeBytes: number }) {
    this.#mostFreeBytes = mostFreeBytes;
  }

  /** A piece that holds at least so many bytes; what stands in it is of no meaning. */
  take(bytes: number): Buffer {
    const piece = this.#piece(bytes);
    this.#lent.add(piece.buffer);
    return piece;
  }

  /** Says of a piece, or of a part of one that `take` gave, that nobody reads it any more. */
  giveBack({ buffer }: Uint8Array): void {
    if (!this.#lent.delete(buffer) || this.#freeBytes + buffer.byteLength > this.#mostFreeBytes) return;
    this.#free.push(Buffer.from(buffer));
    this.#freeBytes += buffer.byteLength;
  }

  #piece(bytes: number): Buffer {
    const piece = this.#free.pop();
    if (piece !== undefined) {
      this.#freeBytes -= piece.length;
      // One that is too small is left to the collector, and soon all are as large as they need to be.
      if (piece.length >= bytes) return piece;
    }
    return Buffer.allocUnsafeSlow(Math.ceil(bytes / grain) * grain);
  }
}

const grain = 65_536;
