import type { Command } from 'commander';
import type { StateClearFlags, StateFlags, StateImportFlags } from '../actions/state.ts';
import type { Finish } from '../exit-codes.ts';
import { addOutputFlags, collect } from './flags.ts';

export function addState(program: Command, finish: Finish): void {
  const state = program
    .command('state')
    .summary('show, export, import and clear how far syncs have come')
    .description('Shows how far syncs have come, and moves or clears what is kept of them.');
  const place = [
    '--state-cache <place>',
    'where it is kept: a folder, or the file or URL of a cache (default: .sluice/state)',
  ] as const;
  const one = 'the connection, by its name';

  const show = state
    .command('show')
    .description('Shows the connections that are kept, and how far each stream has come.')
    .option(...place)
    .option('--connection <name>', one);
  addOutputFlags(show, 'print a JSON object a line, also on a terminal').action(async (flags: StateFlags) => {
    const { runStateShow } = await import('../actions/state.ts');
    finish(await runStateShow(flags));
  });

  const exporting = state
    .command('export')
    .description('Prints all that is kept of a connection as JSON, which import takes back.')
    .option(...place)
    .option('--connection <name>', `${one}; needed where there are several`);
  addOutputFlags(exporting, 'print it on one line').action(async (flags: StateFlags) => {
    const { runStateExport } = await import('../actions/state.ts');
    finish(await runStateExport(flags));
  });

  const importing = state
    .command('import')
    .description('Puts an exported state in the place of what is kept of its connection, if anything.')
    .argument('<file>', 'what export has printed, or - for stdin')
    .option(...place)
    .option('--connection <name>', 'the name to keep it under (default: as it was exported)');
  addOutputFlags(importing, 'print what was kept as JSON').action(
    async (file: string, flags: StateImportFlags) => {
      const { runStateImport } = await import('../actions/state.ts');
      finish(await runStateImport(file, flags));
    },
  );

  const clear = state
    .command('clear')
    .description('Forgets connections: everything is then read and sent again.')
    .option(...place)
    .option('--connection <name>', `${one}; repeatable`, collect)
    .option('--all', 'all that are kept');
  addOutputFlags(clear, 'print a JSON object for each').action(async (flags: StateClearFlags) => {
    const { runStateClear } = await import('../actions/state.ts');
    finish(await runStateClear(flags));
  });
}
