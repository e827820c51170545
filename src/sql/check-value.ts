import { isJsonObject } from '../protocol/json-object.ts';
import { stringifyLossless } from '../protocol/lossless-json.ts';
import type { ColumnType } from './column-type.ts';
import { readDate, readTime, readTimestamp } from './times.ts';

/**
 * The text of a value as its column takes it (an engine casts it to the column's type without losing anything), or
 * undefined where the column cannot hold it. `value` is as parseLossless gives it, and not null.
 */
export function columnText(type: ColumnType, value: unknown): string | undefined {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? wellFormed(value) : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined;
    case 'integer':
      return integerText(value);
    case 'number':
      return numberText(value);
    case 'array':
      return Array.isArray(value) ? jsonText(value) : undefined;
    case 'object':
      return isJsonObject(value) ? jsonText(value) : undefined;
    case 'union':
      return jsonText(value);
    case 'date':
      return typeof value === 'string' ? readDate(value) : undefined;
    case 'timestamp_with_timezone':
    case 'timestamp_without_timezone':
      return typeof value === 'string' ? readTimestamp(value, type === 'timestamp_with_timezone') : undefined;
    case 'time_with_timezone':
    case 'time_without_timezone':
      return typeof value === 'string' ? readTime(value, type === 'time_with_timezone') : undefined;
  }
}

/** Half a character cannot be stored as text; it is kept in the line itself. */
function jsonText(value: unknown): string {
  return stringifyLossless(value).replaceAll(/\\u[dD][89a-fA-F][0-9a-fA-F]{2}/g, '\\ufffd');
}

/** A 64-bit integer in its plain digits; `5.0` is 5. */
function integerText(value: unknown): string | undefined {
  if (typeof value === 'number') {
    // Its digits as they are written, which from 2^53 on are not those of the double behind them.
    return Number.isInteger(value) && Math.abs(value) < 1e21 ? integerText(BigInt(String(value))) : undefined;
  }
  if (typeof value !== 'bigint') return undefined;
  return value >= -(2n ** 63n) && value < 2n ** 63n ? value.toString() : undefined;
}

/** What a double holds without rounding. */
function numberText(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value === 'bigint')
    return BigInt(Number(value)) === value && Number.isFinite(Number(value))
      ? String(Number(value))
      : undefined;
  return undefined;
}

/** Half a character becomes the sign for an unreadable one. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
