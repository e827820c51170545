import { type Command, Option } from 'commander';
import type { ConnectorsFlags, RegistryFlags } from '../actions/connectors.ts';
import type { Finish } from '../exit-codes.ts';
import { addOutputFlags } from './flags.ts';

export function addConnectors(program: Command, finish: Finish): void {
  const connectors = program
    .command('connectors')
    .summary('list connectors, tell how one would be run')
    .description('Lists the connectors that can be named: built in, known to run, or in the registry.')
    .argument('[search...]', 'words that must be in the name or the title')
    .addOption(new Option('--kind <kind>', 'only these').choices(['source', 'destination']))
    .addOption(
      new Option('--way <way>', 'only what can be run so').choices([
        'built in',
        'manifest',
        'python',
        'docker',
      ]),
    );
  addOutputFlags(addRegistryFlags(connectors), 'print a JSON object a line, also on a terminal').action(
    async (search: readonly string[], flags: ConnectorsFlags) => {
      const { runConnectors } = await import('../actions/connectors.ts');
      finish(await runConnectors(search, flags));
    },
  );
  const show = connectors
    .command('show')
    .description('Tells what is known of a connector, how it would be run here, and why so.')
    .argument('<name>', 'the name of a connector');
  addOutputFlags(addRegistryFlags(show), 'print it as JSON').action(
    async (name: string, flags: RegistryFlags) => {
      const { runConnectorsShow } = await import('../actions/connectors.ts');
      finish(await runConnectorsShow(name, flags));
    },
  );
}

function addRegistryFlags(command: Command): Command {
  return command
    .option('--refresh', 'ask the registry now, also if its copy is new')
    .addOption(
      new Option('--offline', 'use the copy of the registry, or what comes with Sluice').conflicts('refresh'),
    );
}
