import { relative } from 'node:path';
import { ConfigInvalidError, type ErrorContext, messageOf, SluiceError } from '../errors.ts';
import { stringifyLossless } from '../protocol/lossless-json.ts';
import { type Ends, inFlags } from './library-words.ts';
import type { Palette } from './palette.ts';
import { renderKept } from './render-summary.ts';
import { printable } from './terminal.ts';

interface ErrorView {
  readonly palette: Palette;
  /** Also causes, facts and stacks. */
  readonly verbose?: boolean;
  /** Whether to say what a later run goes on from. */
  readonly showsKept?: boolean;
  /** Of the command that failed. */
  readonly ends?: Ends;
}

/** An error for a person: who and what in one line, each fault in a config, what the connector said, and what to do next. */
export function renderError(
  error: unknown,
  { palette, verbose = false, showsKept = false, ends = 'one' }: ErrorView,
): string {
  const known = error instanceof SluiceError && error.code !== 'unexpected';
  const { message, problems } = headAndProblems(error);
  const lines = [palette.red(`sluice: ${known ? message : `unexpected: ${message}`}`), ...problems];
  if (error instanceof SluiceError) {
    lines.push(...[...outputLines(error, message), ...alsoLines(error)].map((line) => palette.dim(line)));
    if (showsKept && error.result !== undefined) lines.push(renderKept(error.result));
  }
  lines.push(...adviceLines(error, { known, verbose, ends }).map((line) => palette.dim(line)));
  if (verbose) lines.push(...detailLines(error, known).map((line) => palette.dim(line)));
  return lines.join('\n');
}

/** An error as plain data, for `--json`. */
export function errorDocument(error: unknown, ends: Ends = 'one'): Readonly<Record<string, unknown>> {
  if (!(error instanceof SluiceError)) return { code: 'unexpected', message: messageOf(error) };
  const { code, message, context } = error;
  const guidance = guidanceOf(error, ends);
  return { code, message, ...(guidance === '' ? {} : { guidance }), context: writable(context) };
}

function guidanceOf({ guidance = '', message }: SluiceError, ends: Ends): string {
  return inFlags(guidance, ends, `${message} ${guidance}`);
}

/** What of an error's context can be written: nothing in it may hide the error itself. */
function writable(context: ErrorContext): ErrorContext {
  return Object.fromEntries(
    Object.entries(context).map(([name, value]) => [name, written(value) === undefined ? null : value]),
  );
}

function written(value: unknown): string | undefined {
  try {
    return stringifyLossless(value);
  } catch {
    return undefined;
  }
}

const mostOutputLines = 10;

/** The message, and each fault of a config on a line of its own rather than all in a row. */
function headAndProblems(error: unknown): { readonly message: string; readonly problems: readonly string[] } {
  const message = oneLine(messageOf(error));
  if (!(error instanceof ConfigInvalidError)) return { message, problems: [] };
  const faults = error.problems.map(({ path, message: fault }) =>
    oneLine(path === '' ? fault : `${path} ${fault}`),
  );
  const listedFrom = message.indexOf(faults[0] ?? '');
  if (faults.length === 1 && listedFrom >= 0) return { message, problems: [] };
  const head = listedFrom > 0 ? message.slice(0, listedFrom).replace(/[:\s]+$/, '') : message;
  return { message: head, problems: faults.map((fault) => `  ${fault}`) };
}

/** The last lines of a connector's stderr or an installer's output, unless the message has said the only one already. */
function outputLines({ context }: SluiceError, message: string): readonly string[] {
  const output = context['stderr'] ?? context['output'];
  if (!Array.isArray(output)) return [];
  const lines = output.filter((line): line is string => typeof line === 'string');
  if (lines.every((line) => message.includes(line.trim()))) return [];
  return lines.slice(-mostOutputLines).map((line) => `  | ${printable(line)}`);
}

function adviceLines(
  error: unknown,
  { known, verbose, ends }: { readonly known: boolean; readonly verbose: boolean; readonly ends: Ends },
): readonly string[] {
  const lines: string[] = [];
  if (error instanceof SluiceError) {
    const guidance = guidanceOf(error, ends);
    if (guidance !== '') lines.push(printable(guidance));
    const { log } = error.context;
    if (typeof log === 'string') lines.push(printable(`log: ${shortPath(log)}`));
  }
  if (!known && !verbose)
    lines.push('This is a fault in Sluice. Run it again with --verbose to see where it lies.');
  return lines;
}

function detailLines(error: unknown, known: boolean): readonly string[] {
  const lines: string[] = [];
  if (error instanceof SluiceError) {
    for (const [name, value] of Object.entries(error.context)) {
      if (toldOtherwise.has(name)) continue;
      lines.push(printable(`${name}: ${typeof value === 'string' ? value : (written(value) ?? '…')}`));
    }
  }
  for (const cause of causesOf(error)) lines.push(printable(`because: ${oneLine(messageOf(cause))}`));
  if (!known && error instanceof Error)
    lines.push(...(error.stack ?? '').split('\n').slice(1).map(printable));
  return lines;
}

const toldOtherwise = new Set(['stderr', 'output', 'log', 'problems', 'also']);

/** What else went wrong, after the failure that is told. */
function alsoLines({ context }: SluiceError): readonly string[] {
  const { also } = context;
  if (!Array.isArray(also)) return [];
  const messages = also.map((one: unknown) =>
    typeof one === 'object' && one !== null && 'message' in one ? String(one.message) : String(one),
  );
  return messages.map((message) => `also: ${oneLine(message)}`);
}

/** Relative to the current folder where that is shorter. */
function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}

function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  let next = error instanceof Error ? error.cause : undefined;
  while (next !== undefined && causes.length < 10) {
    causes.push(next);
    next = next instanceof Error ? next.cause : undefined;
  }
  return causes;
}

function oneLine(text: string): string {
  return printable(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}
