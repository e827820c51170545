import { InputError } from '../../errors.ts';
import { getBenchmarkSource, getNoopDestination } from '../../index.ts';
import type { EndsFlags, OutputFlags } from '../commands/flags.ts';
import { refuseStdinTwice } from '../config-argument.ts';
import { readDestinationEnd, readSourceEnd } from '../read-ends.ts';
import { parseStreams } from '../stream-argument.ts';
import { runWrite, type WriteRequest } from '../write-run.ts';

/** The flags of `sluice benchmark`. */
export interface BenchmarkFlags extends EndsFlags, OutputFlags {
  readonly source?: string;
  readonly destination?: string;
  readonly numRecords?: string;
  readonly streams?: readonly string[];
}

/** `sluice benchmark` */
export async function runBenchmark(flags: BenchmarkFlags): Promise<number> {
  const prepare = async (signal: AbortSignal): Promise<WriteRequest> => {
    refuseUseless(flags);
    refuseStdinTwice({
      '--source-config': flags.sourceConfig,
      '--destination-config': flags.destinationConfig,
    });
    const streams = parseStreams(flags.streams);
    return {
      source:
        flags.source === undefined
          ? getBenchmarkSource(flags.numRecords)
          : await readSourceEnd(flags.source, flags, signal),
      destination:
        flags.destination === undefined
          ? getNoopDestination()
          : await readDestinationEnd(flags.destination, flags, signal),
      options: { stateCache: false, ...(streams === undefined ? {} : { streams }) },
    };
  };
  return runWrite(flags, prepare, { keepsState: false });
}

function refuseUseless(flags: BenchmarkFlags): void {
  if (flags.source !== undefined && flags.numRecords !== undefined) {
    throw new InputError('--num-records is for rows made here, not for a source that is measured', {
      guidance:
        "Leave out one of --source and --num-records; a source's own config may say how much it reads.",
    });
  }
  for (const end of ['source', 'destination'] as const) {
    const isUsed = flags[`${end}Config`] !== undefined || flags[`${end}Option`] !== undefined;
    if (flags[end] === undefined && isUsed) {
      throw new InputError(`--${end}-config and --${end}-option need --${end}`);
    }
  }
}
