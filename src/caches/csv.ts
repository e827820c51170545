import { stringifyLossless } from '../protocol/lossless-json.ts';

/** One line of CSV as RFC 4180 has it: NULL and absent are empty, an empty text is `""`, objects and arrays are JSON. */
export function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : stringifyLossless(value);
  const needsQuotes = text === '' || /[",\r\n]/.test(text) || text.trim() !== text;
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}
