import type { Command } from 'commander';
import type { DiscoverFlags } from '../actions/discover.ts';
import type { Finish } from '../exit-codes.ts';
import { addConnectorFlags, addOutputFlags } from './flags.ts';

export function addDiscover(program: Command, finish: Finish): void {
  const command = program
    .command('discover')
    .summary('list the streams of a source')
    .description('Lists the streams of a source: a table on a terminal, the catalog as JSON otherwise.')
    .argument('<source>', 'the connector to ask');
  addOutputFlags(addConnectorFlags(command), 'print the catalog as JSON on one line').action(
    async (source: string, flags: DiscoverFlags) => {
      const { runDiscover } = await import('../actions/discover.ts');
      finish(await runDiscover(source, flags));
    },
  );
}
