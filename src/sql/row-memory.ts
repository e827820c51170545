/**
 * Memory for rows, used again once it is given back. New memory for every piece costs more than filling it: the system
 * has to clear each page, and the collector to find out that it is free.
 */
export class RowMemory {
  #free: Buffer[] = [];
  #freeBytes = 0;
  /** What is out. Other memory is not taken back: Node's small buffers share theirs with strangers. */
  readonly #lent = new WeakSet<ArrayBufferLike>();

  /** A piece that holds at least so many bytes; what stands in it is of no meaning. */
  take(bytes: number): Buffer {
    const piece = this.#piece(bytes);
    this.#lent.add(piece.buffer);
    return piece;
  }

  /** Says of a piece, or of a part of one that `take` gave, that nobody reads it any more. */
  giveBack({ buffer }: Uint8Array): void {
    if (!this.#lent.delete(buffer) || this.#freeBytes + buffer.byteLength > mostFree) return;
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
/** About what is gathered before it is written to a file, so that no piece is made twice. */
const mostFree = 16_000_000;
