import { InputError } from '../../errors.ts';
import { buildImage } from '../../index.ts';
import type { OutputFlags } from '../commands/flags.ts';
import { parseConnector } from '../connector-argument.ts';
import { runSession } from '../session.ts';

/** The flags of `sluice build-image`. */
export interface BuildImageFlags extends OutputFlags {
  readonly tag?: string;
  readonly base?: string;
  readonly platform?: string;
  readonly include?: readonly string[];
}

/** `sluice build-image CONNECTOR` */
export async function runBuildImage(
  argument: string,
  { tag, base, platform, include, ...flags }: BuildImageFlags,
): Promise<number> {
  return runSession(flags, async ({ output, call }) => {
    const connector = parseConnector(argument);
    if (connector.kind !== 'module') {
      throw new InputError(`${argument} is not a connector in TypeScript`, {
        guidance: 'Give a file: ./my-destination.ts, or ./my-destination.ts#export.',
      });
    }
    const given = Object.fromEntries(
      Object.entries({ tag, base, platform, include }).filter(([, value]) => value !== undefined),
    );
    const built = await buildImage(connector.reference, { ...call, ...given });
    await output.write(`${flags.json === true ? JSON.stringify(built) : built.image}\n`);
  });
}
