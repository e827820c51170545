import { spellingOf } from '../protocol/json-spelling.ts';
import { stringifyLossless } from '../protocol/lossless-json.ts';
import type { Row } from '../protocol/messages.ts';

/** One line of CSV as RFC 4180 has it: NULL and absent are empty, an empty text is `""`, objects and arrays are JSON. */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

/** The fields of a row in this order, absent ones empty, numbers as they were spelled. */
export function csvRow(row: Row, names: readonly string[]): string {
  const numbers = spellingOf(row)?.numbers;
  const fields = names.map((name) => {
    const value = Object.hasOwn(row, name) ? row[name] : undefined;
    const noted = numbers?.get(name);
    return noted !== undefined && Object.is(noted.value, value) ? noted.token : csvField(value);
  });
  return `${fields.join(',')}\r\n`;
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : stringifyLossless(value);
  const needsQuotes = text === '' || /[",\r\n]/.test(text) || text.trim() !== text;
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}
