import { describe, expect, it } from 'vitest';
import { ReusedMemory } from '../../src/protocol/reused-memory.ts';

describe('memory that is used again', () => {
  it('is given again once it has come back, by any part of it, and once only', () => {
    const memory = new ReusedMemory({ mostFreeBytes: 1_000_000 });
    const piece = memory.take(100_000);
    memory.giveBack(piece.subarray(10, 20));
    memory.giveBack(piece);
    expect(memory.take(100_000).buffer).toBe(piece.buffer);
    expect(memory.take(100_000).buffer).not.toBe(piece.buffer);
  });

  it('never takes memory that it has not given, such as what small buffers share with others', () => {
    const memory = new ReusedMemory({ mostFreeBytes: 1_000_000 });
    const strange = Buffer.allocUnsafeSlow(1_000_000);
    const small = Buffer.from('a few rows');
    for (const buffer of [strange, small]) memory.giveBack(buffer);
    const given = [memory.take(10), memory.take(10)].map(({ buffer }) => buffer);
    expect(given).not.toContain(strange.buffer);
    expect(given).not.toContain(small.buffer);
  });
});
