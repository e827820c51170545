import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/protocol/parse-json.ts';
import { dataLines, recordData } from '../../src/protocol/record-data.ts';
import { messageTexts } from './protocol-text.ts';

describe('taking the data out of records', () => {
  it('gives the bytes that JSON.parse reads as the data', () => {
    fc.assert(
      fc.property(messageTexts(), (texts) => {
        for (const text of texts.filter(isRecord)) {
          const data = Buffer.from(recordData(Buffer.from(text))).toString();
          expect(parseJson(data)).toEqual(dataOf(text));
          expect(text).toContain(data);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('gives for many lines what it gives for each', () => {
    fc.assert(
      fc.property(messageTexts(), fc.constantFrom('\n', '\r\n'), (texts, newline) => {
        const records = texts.filter(isRecord);
        const lines = Buffer.from(records.map((text) => text + newline).join(''));
        const expected = records.map((text) => `${Buffer.from(recordData(Buffer.from(text)))}\n`).join('');
        expect(Buffer.from(dataLines(lines)).toString()).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });
});

function isRecord(text: string): boolean {
  const data = dataOf(text);
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

/** Undefined for what is no RECORD, or no JSON. */
function dataOf(text: string): unknown {
  try {
    const message = parseJson(text) as { type?: unknown; record?: { data?: unknown } };
    return message.type === 'RECORD' ? message.record?.data : undefined;
  } catch {
    return undefined;
  }
}
