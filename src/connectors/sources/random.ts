/** Chance that depends on the seed, the stream and the row alone, so that rows may be made from anywhere on. */
export interface RowRandom {
  /** Begins a row: what is drawn next is the same each time for this seed, stream and row. */
  startRow(row: number): void;
  /** A whole number from 0 to one less than `limit`. */
  below(limit: number): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick(words: readonly string[]): string;
}

export function seededRandom(seed: number, stream: string): RowRandom {
  const start = textHash(`${seed}/${stream}`);
  let state = 0;

  // mulberry32: one 32-bit word of state, which is plenty where each row starts at a place of its own.
  function below(limit: number): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * limit);
  }

  return {
    startRow(row) {
      // Multiplying by an odd number and mixing gives each of 2^32 rows a state that no other row has.
      state = mixBits(start + Math.imul(row, 0x9e3779b1));
    },
    below,
    between: (least, most) => least + below(most - least + 1),
    pick: (words) => words[below(words.length)] ?? '',
  };
}

/** FNV-1a. */
function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

/** The finalizer of MurmurHash3: each bit of the input moves half of the bits of the output, and nothing is lost. */
function mixBits(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
