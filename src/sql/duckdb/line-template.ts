import { createReadStream } from 'node:fs';
import { rowForm } from '../row-form.ts';
import type { StreamTable } from '../stream-table.ts';

/**
 * How a source spells its records, guessed from the first of them: what stands before the data, which fields come in
 * which order, and what stands after. A line that is exactly the template filled with its values holds nothing that
 * its values do not say; a wrong guess costs time and nothing else.
 */
export interface LineTemplate {
  readonly head: string;
  readonly fields: readonly string[];
  /** Before and after the number of `emitted_at`. */
  readonly tail: readonly [string, string];
  readonly form: number;
}

export async function guessTemplate(file: string, table: StreamTable): Promise<LineTemplate | undefined> {
  const lines = await firstLines(file);
  const [first] = lines;
  const ends = first === undefined ? undefined : endsOf(first);
  if (ends === undefined) return undefined;
  const rows = lines.map(dataOf).filter((data) => data !== undefined);
  const declared = new Set(table.columns.map(({ field }) => field));
  const fields = [...mergedOrder(rows), ...declared].filter((field) => declared.has(field));
  const isAbsent = rows.some((data) => fields.some((field) => !Object.hasOwn(data, field)));
  const isOffset = rows.some((data) =>
    table.columns.some(
      ({ field, type }) => type.endsWith('_with_timezone') && String(data[field]).endsWith('+00:00'),
    ),
  );
  return {
    ...ends,
    fields: [...new Set(fields)],
    form: (isAbsent ? rowForm.absent : 0) + (isOffset ? rowForm.offset : 0),
  };
}

const sampleBytes = 131_072;
const sampleLines = 100;

async function firstLines(file: string): Promise<readonly string[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(file, { end: sampleBytes - 1 })) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString().split('\n');
  return lines.slice(0, Math.max(lines.length - 1, 1)).slice(0, sampleLines);
}

function endsOf(line: string): Pick<LineTemplate, 'head' | 'tail'> | undefined {
  const [head] = /^\{"type":"RECORD","record":\{[^{}]*?"data":\{/.exec(line) ?? [];
  const [, between, after] = /\}(,"emitted_at":)-?\d+((?:,"namespace":"[^"\\{}]*")?\}\})$/.exec(line) ?? [];
  if (head === undefined || between === undefined || after === undefined) return undefined;
  return { head, tail: [`}${between}`, after] };
}

/** All fields, each behind the one that came before it where it was first seen. */
function mergedOrder(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    let at = 0;
    for (const field of Object.keys(row)) {
      if (seen.has(field)) at = order.indexOf(field) + 1;
      else {
        order.splice(at, 0, field);
        seen.add(field);
        at += 1;
      }
    }
  }
  return order;
}

function dataOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const message: unknown = JSON.parse(line);
    const record = isObject(message) ? message['record'] : undefined;
    const data = isObject(record) ? record['data'] : undefined;
    return isObject(data) ? data : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
