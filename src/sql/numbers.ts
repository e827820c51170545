import { LosslessNumber, parseLossless } from '../protocol/lossless-json.ts';

/** An integer: a number where that loses nothing. */
export function readInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** `1.50` of a DECIMAL(10,2) is 1.5: a number where a double holds the same value. */
export function readDecimal(text: string): unknown {
  const value = parseLossless(text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  return typeof value === 'number' || typeof value === 'bigint' ? value : new LosslessNumber(text);
}
