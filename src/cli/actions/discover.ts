import { stringifyLossless } from '../../protocol/lossless-json.ts';
import type { ConnectorFlags, OutputFlags } from '../commands/flags.ts';
import { readConfig } from '../config-argument.ts';
import { openSource } from '../open-connector.ts';
import { palette } from '../palette.ts';
import { renderCatalog } from '../render-catalog.ts';
import { runSession } from '../session.ts';
import { wantsColour } from '../terminal.ts';

/** The flags of `sluice discover`. */
export type DiscoverFlags = ConnectorFlags & OutputFlags;

/** `sluice discover SOURCE` */
export async function runDiscover(argument: string, flags: DiscoverFlags): Promise<number> {
  return runSession(
    flags,
    async ({ output, call }) => {
      const config = await readConfig('--config', flags.config, call);
      await using source = await openSource({
        argument,
        config,
        options: flags.option,
        optionFlag: '--option',
      });
      const catalog = await source.discover(call);
      const isTable = output.isTerminal && flags.json !== true;
      const shown = isTable
        ? renderCatalog(catalog, {
            palette: palette(wantsColour(process.stdout)),
            width: process.stdout.columns,
          })
        : stringifyLossless(catalog);
      await output.write(`${shown}\n`);
    },
    { mayEndEarly: true },
  );
}
