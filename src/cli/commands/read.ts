import { type Command, Option } from 'commander';
import type { ReadFlags } from '../actions/read-flags.ts';
import { cacheHelp } from '../cache-help.ts';
import type { Finish } from '../exit-codes.ts';
import { addConnectorFlags, addOutputFlags, addStreamsFlag, positiveWhole } from './flags.ts';

export function addRead(program: Command, finish: Finish): void {
  const command = program
    .command('read')
    .summary('print the rows of a source, or read them into a cache')
    .description(
      'Prints the rows of a source as JSON, one a line; each with its stream where there are several. Keeps no state. With --cache it reads what is new into a cache instead, typed tables in a DuckDB or SQLite file.',
    )
    .argument('<source>', 'the connector to read from');
  addStreamsFlag(addConnectorFlags(command))
    .option('--limit <rows>', 'so many rows of each stream at most', positiveWhole)
    .addOption(new Option('--cache [cache]', `read into a cache: ${cacheHelp}`).conflicts('limit'))
    .addOption(
      new Option('--strategy <name>', 'with --cache: how rows are written (default: auto)').choices([
        'auto',
        'append',
        'merge',
        'replace',
      ]),
    )
    .option('--full-refresh', 'with --cache: read everything again, whatever was kept from earlier runs')
    .option(
      '--connection <name>',
      'with --cache: the name to keep state under (default: made from the source and its config)',
    );
  addOutputFlags(command, 'print each row with its stream, also where there is one stream only').action(
    async (source: string, flags: ReadFlags) => {
      const { runRead } = await import('../actions/read.ts');
      finish(await runRead(source, flags));
    },
  );
}
