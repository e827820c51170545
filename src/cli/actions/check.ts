import type { ConnectorFlags, OutputFlags } from '../commands/flags.ts';
import { readConfig } from '../config-argument.ts';
import { openEither } from '../open-connector.ts';
import { runSession } from '../session.ts';

/** The flags of `sluice check`. */
export type CheckFlags = ConnectorFlags & OutputFlags;

/** `sluice check CONNECTOR` */
export async function runCheck(argument: string, flags: CheckFlags): Promise<number> {
  return runSession(flags, async ({ output, reporter, call }) => {
    const config = await readConfig('--config', flags.config, call);
    await using connector = await openEither({
      argument,
      config,
      options: flags.option,
      optionFlag: '--option',
    });
    await connector.check(call);
    reporter.note(`${reporter.palette.green('✓')} ${connector.name}: the config works`);
    if (flags.json === true) await output.write('{"status":"SUCCEEDED"}\n');
  });
}
