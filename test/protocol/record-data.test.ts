import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { dataLines, recordData } from '../../src/protocol/record-data.ts';

describe('the data of a record', () => {
  it.each([
    ['keeps the spelling of numbers', '{"a":1.0,"b":-0,"c":1e400,"d":123456789012345678901234567890}'],
    ['keeps the order of keys and white space', '{ "b" : 1 ,\t"a":[ ] }'],
    ['keeps equal keys', '{"a":1,"a":2}'],
    ['keeps escapes', String.raw`{"\u0061":"\"}\\","b":"{[\ud800"}`],
    ['may be empty', '{}'],
  ])('%s', (_, data) => {
    expect(text(`{"type":"RECORD","record":{"stream":"s","data":${data},"emitted_at":1}}`)).toBe(data);
    expect(text(`{"record": {"data": ${data}, "stream": "s"}, "type": "RECORD"}`)).toBe(data);
  });

  it('is the last of several, as it is for JSON.parse', () => {
    const start = '{"type":"RECORD","record":{"stream":"s","data":{"a":1},"emitted_at":1';
    expect(text(`${start},"data":{"a":2}}}`)).toBe('{"a":2}');
    expect(text(`${start},"d\\u0061ta":{"a":3}}}`)).toBe('{"a":3}');
    expect(text(`${start}},"record":{"stream":"s","data":{"a":4}}}`)).toBe('{"a":4}');
  });

  it('is not taken from another member that looks like it', () => {
    const line = `{"type":"RECORD","record":{"stream":"s","meta":{"data":{"no":1}},"data":{"data":{"yes":1}},"emitted_at":1}}`;
    expect(text(line)).toBe('{"data":{"yes":1}}');
  });

  it('is asked for in vain where there is none that is an object', () => {
    for (const record of ['{"stream":"s"}}', '{"stream":"s","data":[1]}}', '{"stream":"s","data":{"a":1']) {
      const line = Buffer.from(`{"type":"RECORD","record":${record}`);
      expect(() => recordData(line)).toThrow(ProtocolError);
    }
  });

  it('stands on a line of its own for each of many lines, whatever their order and their ends', () => {
    const lines = [
      '{"type":"RECORD","record":{"stream":"s","data":{"a":1},"emitted_at":1}}\n',
      '{"type":"RECORD","record":{"stream":"s","data":{"a":2},"emitted_at":2}}\r\n',
      '{"type":"RECORD","record":{"stream":"s","data":{"a":3},"emitted_at":3,"data":{"a":33}}}\n',
      '{"record":{"stream":"t","data":{"a":4}},"type":"RECORD"}\n',
      '{"type":"RECORD","record":{"stream":"s","data":{"a":5},"emitted_at":5}}\n',
    ];
    const data = Buffer.from(dataLines(Buffer.from(lines.join(''))));
    expect(data.toString()).toBe('{"a":1}\n{"a":2}\n{"a":33}\n{"a":4}\n{"a":5}\n');
  });
});

function text(line: string): string {
  return Buffer.from(recordData(Buffer.from(line))).toString();
}
