import { describe, expect, it } from 'vitest';
import { bytes, count, duration } from '../../src/cli/figures.ts';
import { pad, printable, textWidth, truncate, wantsColour, wantsLive } from '../../src/cli/terminal.ts';

describe('figures', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1_000, '1,000'],
    [1_234_567.4, '1,234,567'],
  ])('count %d is %s', (value, text) => expect(count(value)).toBe(text));

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [4_123_456, '4.1 MB'],
    [999_950, '1.0 MB'],
    [123_456_789, '123 MB'],
    [9.9e15, '9.9 PB'],
  ])('bytes %d are %s', (value, text) => expect(bytes(value)).toBe(text));

  it.each([
    [0, '0.0 s'],
    [59_900, '59.9 s'],
    [59_990, '1 min 00 s'],
    [125_000, '2 min 05 s'],
    [3_599_800, '1 h 00 min'],
    [11_220_000, '3 h 07 min'],
  ])('%d ms are %s', (value, text) => expect(duration(value)).toBe(text));
});

describe('a terminal', () => {
  const tty = { isTTY: true };

  it('is coloured unless NO_COLOR or a pipe says otherwise, and FORCE_COLOR overrules both', () => {
    expect(wantsColour(tty, {})).toBe(true);
    expect(wantsColour({}, {})).toBe(false);
    expect(wantsColour(tty, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColour(tty, { NO_COLOR: '' })).toBe(true);
    expect(wantsColour(tty, { TERM: 'dumb' })).toBe(false);
    expect(wantsColour({}, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true);
    expect(wantsColour(tty, { FORCE_COLOR: '0' })).toBe(false);
  });

  it('is redrawn only where somebody looks at it', () => {
    expect(wantsLive(tty, {})).toBe(true);
    expect(wantsLive({}, {})).toBe(false);
    expect(wantsLive({ isTTY: true, columns: 0 }, {})).toBe(false);
    expect(wantsLive(tty, { CI: 'true' })).toBe(false);
    expect(wantsLive(tty, { CI: 'false' })).toBe(true);
    expect(wantsLive(tty, { TERM: 'dumb' })).toBe(false);
  });

  it('has columns, of which wide characters take two', () => {
    expect(textWidth('日本')).toBe(4);
    expect(textWidth('e\u0301')).toBe(1);
    expect(truncate('日本語', 4)).toBe('日…');
    expect(truncate('abc', 3)).toBe('abc');
    expect(pad('ab', 4, 'right')).toBe('  ab');
    expect(printable('a\u001b]8;;http://x\u0007b\u001b[31mc\r')).toBe('abc');
  });
});
