import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfTime, timestamp } from '../../../src/connectors/sources/faker-time.ts';

describe('the time of the faker', () => {
  it('goes from the year 2000 to the end of 2025', () => {
    expect(timestamp(0)).toBe('2000-01-01T00:00:00+00:00');
    expect(timestamp(1)).toBe('2026-01-01T00:00:00+00:00');
    expect(endOfTime).toBe(timestamp(1));
  });

  it('is spelled as Date spells it, to the second', () => {
    const from = Date.UTC(2000, 0, 1);
    const seconds = (Date.UTC(2026, 0, 1) - from) / 1000;
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (part) => {
        const second = Math.floor(part * seconds) * 1000;
        expect(timestamp(part)).toBe(new Date(from + second).toISOString().replace('.000Z', '+00:00'));
      }),
    );
  });
});
