import type { Command } from 'commander';
import type { SmokeTestFlags } from '../actions/smoke-test.ts';
import { cacheHelp } from '../cache-help.ts';
import type { Finish } from '../exit-codes.ts';
import { addConnectorFlags, addOutputFlags, collect } from './flags.ts';

export function addSmokeTest(program: Command, finish: Finish): void {
  const command = program
    .command('smoke-test')
    .summary('try what a destination bears')
    .description(
      'Delivers every type, extreme value, name, size, key and null to a destination or a cache, reads back what lies there where it can, and says what differs. Ends with 1 when something was lost.',
    )
    .argument('[destination]', 'the destination to try');
  addConnectorFlags(command)
    .option('--cache [cache]', `try a cache instead: ${cacheHelp}`)
    .option('--list', 'only list the scenarios')
    .option(
      '--scenario <names>',
      'the scenarios to try, with commas between; repeatable (default: all quick ones)',
      collect,
    )
    .option('--slow', 'also try a record of 10 MB, and 100,000 records')
    .option('--custom-scenarios <file>', 'a JSON file with scenarios of your own, tried as well')
    .option('--namespace <name>', 'the namespace of all streams (default: a new one, sluice_smoke_…)')
    .option('--no-namespace', 'no namespace: a prefix to all names instead')
    .option('--prefix <text>', 'what the names of all streams begin with')
    .option(
      '--strict',
      'also fail where a value is spelled otherwise, null for absent, or undeclared and left out',
    )
    .option('--keep', 'leave the streams in the cache');
  addOutputFlags(command, 'print the whole report as one JSON document').action(
    async (destination: string | undefined, flags: SmokeTestFlags) => {
      const { runSmokeTest } = await import('../actions/smoke-test.ts');
      finish(await runSmokeTest(destination, flags));
    },
  );
}
