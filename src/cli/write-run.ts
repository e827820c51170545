import type { WriteOptions } from '../connectors/write-options.ts';
import type { WriteResult } from '../protocol/result.ts';
import type { OutputFlags } from './commands/flags.ts';
import { openEventOutput } from './event-output.ts';
import type { Ends } from './read-ends.ts';
import { runSession } from './session.ts';

/** A write that is to be run. */
export interface WriteRequest extends Ends {
  readonly options: WriteOptions;
}

/** Runs a write with its progress on stderr and, with `--json`, its events and result on stdout. */
export async function runWrite(
  flags: OutputFlags,
  prepare: (signal: AbortSignal) => Promise<WriteRequest>,
  { keepsState }: { readonly keepsState: boolean },
): Promise<number> {
  return runMove(
    flags,
    async (signal) => {
      const { source, destination, options } = await prepare(signal);
      return {
        ends: [destination, source],
        from: source.name,
        to: destination.name,
        run: (attended) => destination.write(source, { ...options, ...attended }),
      };
    },
    { keepsState },
  );
}

/** Whatever moves records with progress: a write, or a read into a cache. */
export interface Move {
  readonly from: string;
  readonly to: string;
  /** What is to be closed when it is over, in this order. */
  readonly ends: readonly AsyncDisposable[];
  run(attended: Required<Pick<WriteOptions, 'signal' | 'onEvent'>>): Promise<WriteResult>;
}

/** Runs a move with its progress on stderr and, with `--json`, its events and result on stdout. */
export async function runMove(
  flags: OutputFlags,
  prepare: (signal: AbortSignal) => Promise<Move>,
  { keepsState }: { readonly keepsState: boolean },
): Promise<number> {
  return runSession(
    flags,
    async ({ reporter, output, signal }) => {
      const move = await prepare(signal);
      const events =
        flags.json === true ? openEventOutput(output, { verbose: flags.verbose === true }) : undefined;
      try {
        reporter.begin(move.from, move.to);
        const result = await move.run({
          signal,
          onEvent(event) {
            reporter.onEvent(event);
            events?.print(event);
          },
        });
        reporter.finish(result);
        await events?.end(result);
      } finally {
        for (const end of move.ends) await end[Symbol.asyncDispose]();
      }
    },
    { showsProgress: true, keepsState, ends: 'two' },
  );
}
