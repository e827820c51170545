import type { Command } from 'commander';
import type { BenchmarkFlags } from '../actions/benchmark.ts';
import type { Finish } from '../exit-codes.ts';
import { addEndsFlags, addOutputFlags, addStreamsFlag } from './flags.ts';

export function addBenchmark(program: Command, finish: Finish): void {
  const command = program
    .command('benchmark')
    .summary('measure how fast a source, a destination or both are')
    .description(
      'Measures a source against a destination that drops everything, a destination against a source that makes rows, or Sluice itself where neither is named. Keeps and uses no state.',
    )
    .option('--source <connector>', 'the source to measure (default: rows made here)')
    .option('--destination <connector>', 'the destination to measure (default: drops everything)')
    .option('--num-records <number>', 'how many rows to make, such as 5e5 (without --source only)');
  addStreamsFlag(addEndsFlags(command));
  addOutputFlags(command, 'print events as NDJSON on stdout, and the result as the last line').action(
    async (flags: BenchmarkFlags) => {
      const { runBenchmark } = await import('../actions/benchmark.ts');
      finish(await runBenchmark(flags));
    },
  );
}
