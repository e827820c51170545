import type { Command } from 'commander';
import type { InstallFlags, UpgradeFlags } from '../actions/install.ts';
import type { Finish } from '../exit-codes.ts';
import { addOptionFlag, addOutputFlags } from './flags.ts';

/** `install`, `upgrade` and `uninstall`. */
export function addInstall(program: Command, finish: Finish): void {
  const what = 'a source or a destination';
  const install = program
    .command('install')
    .summary('install a connector before it is used')
    .description('Installs a connector: its Python package, or its Docker image, which is pulled.')
    .argument('<connector>', what);
  addOutputFlags(addOptionFlag(install), 'print what was installed as JSON').action(
    async (connector: string, flags: InstallFlags) => {
      const { runInstall } = await import('../actions/install.ts');
      finish(await runInstall(connector, flags));
    },
  );
  const upgrade = program
    .command('upgrade')
    .summary('bring an installed connector to its newest version')
    .description(
      'Brings an installed connector to its newest version, or to the one that --option version= names. What breaks, as the registry tells, is said first, and stops it.',
    )
    .argument('<connector>', what)
    .option('--accept-breaking', 'upgrade although something breaks');
  addOutputFlags(addOptionFlag(upgrade), 'print what was done as JSON').action(
    async (connector: string, flags: UpgradeFlags) => {
      const { runUpgrade } = await import('../actions/install.ts');
      finish(await runUpgrade(connector, flags));
    },
  );
  const uninstall = program
    .command('uninstall')
    .summary('remove what was installed of a connector')
    .description('Removes what was installed of a connector: its Python environment, or its Docker image.')
    .argument('<connector>', what);
  addOutputFlags(addOptionFlag(uninstall), 'print what was removed as JSON').action(
    async (connector: string, flags: InstallFlags) => {
      const { runUninstall } = await import('../actions/install.ts');
      finish(await runUninstall(connector, flags));
    },
  );
}
