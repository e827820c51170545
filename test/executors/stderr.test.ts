import { describe, expect, it } from 'vitest';
import { drainStderr, tellingLine } from '../../src/executors/stderr.ts';

describe('tellingLine', () => {
  it.each([
    [
      'the error of a Python traceback',
      ['Traceback (most recent call last):', '  File "a.py", line 1, in <module>', 'KeyError: 1', 'bye'],
      'KeyError: 1',
    ],
    [
      'the error of a Node stack',
      [
        'file:///a.js:1',
        'throw x',
        '^',
        '',
        'TypeError: no x',
        '    at run (a.js:1)',
        '',
        'Node.js v20.20.2',
      ],
      'TypeError: no x',
    ],
    ['what sounds wrong', ['starting', 'sh: 1: x: not found', 'done'], 'sh: 1: x: not found'],
    ['the last line', ['starting', 'done'], 'done'],
    ['what pip calls an error, without the word', ['a', 'ERROR: No matching version'], 'No matching version'],
    ['nothing where nothing was said', ['', '  '], undefined],
  ])('is %s', (_, lines, line) => {
    expect(tellingLine(lines)).toBe(line);
  });
});

describe('drainStderr', () => {
  it('cuts lines wherever chunks cut them, characters included', async () => {
    const bytes = Buffer.from('günstig\r\nWarning: ä\n\nlast');
    const seen: string[] = [];
    const tail = drainStderr(
      (async function* () {
        for (const byte of bytes) yield Uint8Array.of(byte);
      })(),
      (line, level) => {
        seen.push(`${level} ${line}`);
        return line;
      },
    );
    await tail.ended;
    expect(seen).toEqual(['INFO günstig', 'WARN Warning: ä', 'INFO last']);
    expect(tail.lines).toEqual(['günstig', 'Warning: ä', 'last']);
  });

  it('does not gather a line without an end', async () => {
    const lengths: number[] = [];
    const tail = drainStderr(
      (async function* () {
        for (let at = 0; at < 100; at += 1) yield Buffer.alloc(10_000, 'x');
      })(),
      (line) => {
        lengths.push(line.length);
        return line;
      },
    );
    await tail.ended;
    expect(Math.max(...lengths)).toBeLessThan(100_000);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(1_000_000);
  });
});
