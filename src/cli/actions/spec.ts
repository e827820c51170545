import { indented } from '../../protocol/json-indent.ts';
import { stringifyLossless } from '../../protocol/lossless-json.ts';
import type { OptionFlag, OutputFlags } from '../commands/flags.ts';
import { openEither } from '../open-connector.ts';
import { runSession } from '../session.ts';

/** The flags of `sluice spec`. */
export type SpecFlags = OptionFlag & OutputFlags;

/** `sluice spec CONNECTOR` */
export async function runSpec(argument: string, flags: SpecFlags): Promise<number> {
  return runSession(
    flags,
    async ({ output, call }) => {
      await using connector = await openEither({
        argument,
        config: undefined,
        options: flags.option,
        optionFlag: '--option',
      });
      const spec = await connector.spec(call);
      const isPretty = output.isTerminal && flags.json !== true;
      const json = stringifyLossless(spec);
      await output.write(isPretty ? indented(json) : `${json}\n`);
    },
    { mayEndEarly: true },
  );
}
