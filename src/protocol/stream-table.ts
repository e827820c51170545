import { type StreamDescriptor, type StreamKey, streamKey } from './catalog.ts';
import { equalsAt } from './json-bytes.ts';
import type { Span } from './record-scan.ts';

/** A stream that has appeared, with what the batch at hand holds of it: counted here, so that no record costs a map. */
export interface SeenStream {
  readonly key: StreamKey;
  /** The catalog holds this name once and without a namespace: no namespace need be looked for behind the data. */
  readonly isKnown: boolean;
  /** How its records start, up to their data, where that alone settles whose they are. */
  head: Literal | undefined;
  /** The batch that `count` and `bytes` are of. */
  batch: number;
  count: number;
  bytes: number;
}

/** Bytes to be looked for. */
export interface Literal {
  readonly literal: Uint8Array;
  /** The same, four bytes at a time as far as they go. */
  readonly words: Int32Array;
}

/** Streams by the bytes of their names, so that no string is made for a record. */
export class StreamTable {
  readonly #known: ReadonlySet<string>;
  readonly #byKey = new Map<StreamKey, SeenStream>();
  #slots: (readonly Slot[])[] = emptySlots();
  #spellings = 0;

  constructor(known: ReadonlySet<string>) {
    this.#known = known;
  }

  /** The stream of that name and namespace. */
  of(descriptor: StreamDescriptor): SeenStream {
    const key = streamKey(descriptor);
    const seen = this.#byKey.get(key);
    if (seen !== undefined) return seen;
    const isBare = descriptor.namespace === undefined || descriptor.namespace === null;
    const isKnown = isBare && this.#known.has(descriptor.name);
    const stream: SeenStream = { key, isKnown, head: undefined, batch: -1, count: 0, bytes: 0 };
    this.#byKey.set(key, stream);
    return stream;
  }

  /** The stream whose name and namespace stand in these bytes, unescaped. */
  at(bytes: Buffer, name: Span, namespace: Span | undefined): SeenStream {
    const from = namespace?.start ?? -1;
    const to = namespace?.end ?? -1;
    const hash = hashOf(bytes, name.start, name.end) ^ Math.imul(hashOf(bytes, from, to), 17);
    return this.find(bytes, hash, name.start, name.end, from, to);
  }

  /** The same with a hash of the caller's choice, which must be the same for the same bytes; no namespace is -1. */
  find(
    bytes: Buffer,
    hash: number,
    nameStart: number,
    nameEnd: number,
    from: number,
    to: number,
  ): SeenStream {
    const index = hash & slotMask;
    const slots = this.#slots[index] ?? noSlots;
    for (let i = 0; i < slots.length; i += 1) {
      const slot = slots[i];
      if (slot === undefined || !equalsAt(bytes, nameStart, nameEnd, slot.name)) continue;
      const namespace = slot.namespace;
      if (from < 0 ? namespace === undefined : namespace && equalsAt(bytes, from, to, namespace)) {
        return slot.stream;
      }
    }
    return this.#add(
      index,
      bytes.subarray(nameStart, nameEnd),
      from < 0 ? undefined : bytes.subarray(from, to),
    );
  }

  #add(index: number, name: Buffer, namespace: Buffer | undefined): SeenStream {
    const stream = this.of({ name: name.toString(), namespace: namespace?.toString() ?? null });
    // A source that invents names without end must not fill the memory here; sync refuses them anyway.
    if (this.#spellings > 16 * slotCount) {
      this.#slots = emptySlots();
      this.#byKey.clear();
      this.#byKey.set(stream.key, stream);
      this.#spellings = 0;
    }
    const slot = {
      name: new Uint8Array(name),
      namespace: namespace && new Uint8Array(namespace),
      stream,
    };
    this.#slots[index] = [...(this.#slots[index] ?? noSlots), slot];
    this.#spellings += 1;
    return stream;
  }
}

/** One spelling of a stream's identity. */
interface Slot {
  readonly name: Uint8Array;
  readonly namespace: Uint8Array | undefined;
  readonly stream: SeenStream;
}

const slotCount = 4096;
const slotMask = slotCount - 1;
const noSlots: readonly Slot[] = [];

function emptySlots(): (readonly Slot[])[] {
  return Array.from({ length: slotCount }, () => noSlots);
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i += 1) hash = (Math.imul(hash, 31) + (bytes[i] ?? 0)) | 0;
  return hash;
}
