import type { Command } from 'commander';
import type { SpecFlags } from '../actions/spec.ts';
import type { Finish } from '../exit-codes.ts';
import { addOptionFlag, addOutputFlags } from './flags.ts';

export function addSpec(program: Command, finish: Finish): void {
  const command = program
    .command('spec')
    .summary('print what settings a connector takes')
    .description("Prints a connector's specification: above all the JSON Schema of its config.")
    .argument('<connector>', 'a source or a destination');
  addOutputFlags(addOptionFlag(command), 'print it on one line').action(
    async (connector: string, flags: SpecFlags) => {
      const { runSpec } = await import('../actions/spec.ts');
      finish(await runSpec(connector, flags));
    },
  );
}
