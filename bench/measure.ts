import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { SluiceError } from '../src/errors.ts';

/** What one run of a program took. */
export interface Run {
  /** From start to exit. */
  readonly seconds: number;
  /** What the program says of itself in its last line, if that is JSON. */
  readonly report: Report | undefined;
}

/** Printed by the programs in bench/programs. */
export interface Report {
  /** The call that is measured, without starting the program. */
  readonly seconds: number;
  /** The most memory that the program has held at once (not its children). */
  readonly peakMb: number;
}

export interface Program {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end. Its output is read and dropped, never sent to /dev/null: grep stops early there. */
export async function run({ command, args = [], env = {} }: Program): Promise<Run> {
  const start = performance.now();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const exit = once(child, 'close');
  const [out, errors] = await Promise.all([tail(child.stdout), tail(child.stderr)]);
  const [code] = await exit;
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new SluiceError(`${command} ${args.join(' ')} ended with ${code}: ${errors}`);
  return { seconds, report: reportIn(out) };
}

/** Runs programs in turn, once to warm up and then `times` times, so that all meet the same weather. */
export async function inTurn<Name extends string>(
  programs: Readonly<Record<Name, Program>>,
  times: number,
): Promise<Readonly<Record<Name, readonly Run[]>>> {
  const names = Object.keys(programs) as Name[];
  const runs = Object.fromEntries(names.map((name): [string, Run[]] => [name, []])) as Record<Name, Run[]>;
  for (let round = 0; round <= times; round += 1) {
    for (const name of names) {
      const one = await run(programs[name]);
      if (round > 0 || times === 0) runs[name].push(one);
    }
  }
  return runs;
}

/** The whole of a run, in the middle of several. */
export function wholeSeconds(runs: readonly Run[]): number {
  return median(runs.map(({ seconds }) => seconds));
}

/** The measured call alone, in the middle of several. */
export function callSeconds(runs: readonly Run[]): number {
  return median(runs.map(({ report }) => report?.seconds ?? Number.NaN));
}

/** The most memory of all the runs. */
export function peakMb(runs: readonly Run[]): number {
  return Math.max(...runs.map(({ report }) => report?.peakMb ?? Number.NaN));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function tail(stream: AsyncIterable<Buffer>): Promise<string> {
  let kept = '';
  for await (const chunk of stream) kept = (kept + chunk.toString('latin1')).slice(-4000);
  return kept;
}

function reportIn(output: string): Report | undefined {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  if (!last.startsWith('{"seconds":')) return undefined;
  return JSON.parse(last) as Report;
}
