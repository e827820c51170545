import { marked } from './staged-rows.ts';

/** An instant as a cell, `2024-01-31T10:30:00.000Z` between its marks: mostly one within the minute of the one before. */
export class InstantCell {
  readonly bytes = Buffer.alloc(26);
  #ms = -1;
  #minute = Number.NEGATIVE_INFINITY;

  set(ms: number): void {
    if (ms === this.#ms) return;
    this.#ms = ms;
    const within = ms - this.#minute;
    if (within >= 0 && within < 60_000) {
      this.#digits(18, Math.trunc(within / 1000), 2);
      this.#digits(21, within % 1000, 3);
      return;
    }
    this.#minute = Math.floor(ms / 60_000) * 60_000;
    this.bytes.write(marked(new Date(ms).toISOString()), 'latin1');
  }

  #digits(at: number, value: number, count: number): void {
    let rest = value;
    for (let place = at + count - 1; place >= at; place -= 1) {
      this.bytes[place] = 0x30 + (rest % 10);
      rest = Math.trunc(rest / 10);
    }
  }
}
