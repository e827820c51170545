import type { Command } from 'commander';
import type { CheckFlags } from '../actions/check.ts';
import type { Finish } from '../exit-codes.ts';
import { addConnectorFlags, addOutputFlags } from './flags.ts';

export function addCheck(program: Command, finish: Finish): void {
  const command = program
    .command('check')
    .summary('try out whether a config works')
    .description('Asks a connector whether it can work with a config: valid, reachable, permitted.')
    .argument('<connector>', 'a source or a destination');
  addOutputFlags(addConnectorFlags(command), 'print the answer as JSON').action(
    async (connector: string, flags: CheckFlags) => {
      const { runCheck } = await import('../actions/check.ts');
      finish(await runCheck(connector, flags));
    },
  );
}
