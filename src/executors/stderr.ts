import { StringDecoder } from 'node:string_decoder';
import type { LogLevel } from '../protocol/messages.ts';

/** The last lines that a program wrote to stderr. */
export interface StderrTail {
  readonly lines: readonly string[];
  /** What taking a line threw first. */
  readonly failure: { readonly error: unknown } | undefined;
  /** Settles when stderr is closed; never rejects. */
  readonly ended: Promise<void>;
}

/** Drains stderr line by line, so that the program never waits for it, and keeps the last lines for errors. */
export function drainStderr(
  stderr: AsyncIterable<Uint8Array>,
  onLine: (line: string, level: LogLevel) => string,
): StderrTail {
  const lines: string[] = [];
  let failure: { readonly error: unknown } | undefined;
  const take = (line: string) => {
    if (line.trim() === '') return;
    try {
      lines.push(onLine(line, levelOf(line)));
    } catch (error) {
      // Not to be drained any more would block the program.
      failure ??= { error };
    }
    if (lines.length > keptLines) lines.shift();
  };
  const drain = async () => {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for await (const chunk of stderr) {
      const parts = (rest + decoder.write(Buffer.from(chunk))).split(/\r?\n/);
      rest = parts.pop() ?? '';
      for (const part of parts) take(part);
      if (rest.length > longestLine) {
        take(rest);
        rest = '';
      }
    }
    take(rest + decoder.end());
  };
  const ended = drain().catch(() => {});
  return {
    lines,
    ended,
    get failure() {
      return failure;
    },
  };
}

/** The line of an output that says most about why a program failed: the last that names an error, else the last. */
export function tellingLine(lines: readonly string[]): string | undefined {
  const said = lines.filter((line) => !noise.test(line)).map((line) => line.trim());
  const line =
    said.findLast((one) => namesError.test(one)) ??
    said.findLast((one) => soundsWrong.test(one)) ??
    said.at(-1);
  return line?.replace(/^error:\s*(?=\S)/i, '');
}

const keptLines = 20;
const longestLine = 65_536;

const namesError = /^(error\b|[\w.]*(error|exception)\b)/i;
const soundsWrong = /error|fatal|fail|denied|not found|no such|cannot|killed/i;
/** The frames of a stack and what Node adds after one. */
const noise = /^\s+(at|File) |^Node\.js v|^\s*[\^~]+\s*$|^\s*$/;

function levelOf(line: string): LogLevel {
  const head = line.slice(0, 300);
  if (/(error|exception|fatal|critical|traceback)\b/i.test(head)) return 'ERROR';
  return /warn(ing)?\b/i.test(head) ? 'WARN' : 'INFO';
}
