import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';

/** The built command line, as users run it. */
export const main = join(import.meta.dirname, '../../dist/cli/main.js');

export interface Ran {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder to run commands in. Disposing removes it. */
export interface Place extends Disposable {
  readonly folder: string;
  run(args: readonly string[], options?: Pick<Options, 'input' | 'env'>): Promise<Ran>;
  /** The same, for a test that talks to it while it runs. */
  start(args: readonly string[], options?: Pick<Options, 'env'>): ReturnType<typeof startIn>;
}

export function openPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'command-line-'));
  return {
    folder,
    async run(args, options = {}) {
      const { exitCode, stdout, stderr } = await execa(process.execPath, [main, ...args], {
        ...settings(folder, options),
        ...(options.input === undefined ? {} : { input: options.input }),
      });
      return { exitCode, stdout: String(stdout), stderr: String(stderr) };
    },
    start: (args, options) => startIn(folder, args, options),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The last line of an output, parsed. */
export function lastLine(stdout: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function startIn(folder: string, args: readonly string[], options: Pick<Options, 'env'> = {}) {
  return execa(process.execPath, [main, ...args], settings(folder, options));
}

function settings(cwd: string, { input, env }: Pick<Options, 'input' | 'env'> = {}) {
  return {
    cwd,
    reject: false,
    stdin: input === undefined ? 'ignore' : 'pipe',
    env: { NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
  } as const;
}
