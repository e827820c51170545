import type { Command } from 'commander';
import type { ReadFlags } from '../actions/read.ts';
import type { Finish } from '../exit-codes.ts';
import { addConnectorFlags, addOutputFlags, addStreamsFlag, positiveWhole } from './flags.ts';

export function addRead(program: Command, finish: Finish): void {
  const command = program
    .command('read')
    .summary('print the rows of a source')
    .description(
      'Prints the rows of a source as JSON, one a line; each with its stream where there are several. Keeps no state.',
    )
    .argument('<source>', 'the connector to read from');
  addStreamsFlag(addConnectorFlags(command)).option(
    '--limit <rows>',
    'so many rows of each stream at most',
    positiveWhole,
  );
  addOutputFlags(command, 'print each row with its stream, also where there is one stream only').action(
    async (source: string, flags: ReadFlags) => {
      const { runRead } = await import('../actions/read.ts');
      finish(await runRead(source, flags));
    },
  );
}
