import type { Destination, Source } from '../index.ts';
import type { EndsFlags } from './commands/flags.ts';
import { readConfig, refuseStdinTwice } from './config-argument.ts';
import { openDestination, openSource } from './open-connector.ts';

/** Both ends of a write. */
export interface Ends {
  readonly source: Source;
  readonly destination: Destination;
}

/** Opens both ends as the command line names them; nothing is started yet. */
export async function readEnds(
  source: string,
  destination: string,
  flags: EndsFlags,
  signal: AbortSignal,
): Promise<Ends> {
  refuseStdinTwice({
    '--source-config': flags.sourceConfig,
    '--destination-config': flags.destinationConfig,
  });
  return {
    source: await readSourceEnd(source, flags, signal),
    destination: await readDestinationEnd(destination, flags, signal),
  };
}

export async function readSourceEnd(
  argument: string,
  flags: EndsFlags,
  signal: AbortSignal,
): Promise<Source> {
  return openSource({
    argument,
    config: await readConfig('--source-config', flags.sourceConfig, { signal }),
    options: flags.sourceOption,
    optionFlag: '--source-option',
  });
}

export async function readDestinationEnd(
  argument: string,
  flags: EndsFlags,
  signal: AbortSignal,
): Promise<Destination> {
  return openDestination({
    argument,
    config: await readConfig('--destination-config', flags.destinationConfig, { signal }),
    options: flags.destinationOption,
    optionFlag: '--destination-option',
  });
}
