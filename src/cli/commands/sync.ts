import { type Command, Option } from 'commander';
import type { SyncFlags } from '../actions/sync.ts';
import { cacheHelp } from '../cache-help.ts';
import type { Finish } from '../exit-codes.ts';
import { addEndsFlags, addOutputFlags, addStreamsFlag } from './flags.ts';

export function addSync(program: Command, finish: Finish): void {
  const command = program
    .command('sync')
    .summary('move what is new from a source to a destination')
    .description(
      'Moves records from a source to a destination, and remembers how far it got: the next run goes on from there.',
    )
    .argument('<source>', 'the connector to read from')
    .argument('<destination>', 'the connector to write to');
  addStreamsFlag(addEndsFlags(command))
    .addOption(
      new Option(
        '--strategy <name>',
        'how records are written; auto merges by primary key where there is one',
      )
        .choices(['auto', 'append', 'merge', 'replace'])
        .default('auto'),
    )
    .option('--full-refresh', 'read everything again, whatever was kept from earlier runs')
    .option(
      '--connection <name>',
      'the name to keep state under (default: made from both ends and their configs)',
    )
    .option(
      '--cache [cache]',
      `let the records rest in a cache first, and send on what is new there: ${cacheHelp}`,
    )
    .option(
      '--state-cache <place>',
      'where to keep state: a folder, or the file or URL of a cache; none keeps and uses none (default: .sluice/state, or the cache of --cache)',
    );
  addOutputFlags(command, 'print events as NDJSON on stdout, and the result as the last line').action(
    async (source: string, destination: string, flags: SyncFlags) => {
      const { runSync } = await import('../actions/sync.ts');
      finish(await runSync(source, destination, flags));
    },
  );
}
