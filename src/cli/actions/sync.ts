import { openCacheArgument } from '../cache-argument.ts';
import type { EndsFlags, OutputFlags } from '../commands/flags.ts';
import { readEnds } from '../read-ends.ts';
import { openStateArgument } from '../state-argument.ts';
import { parseStreams } from '../stream-argument.ts';
import { runWrite, type WriteRequest } from '../write-run.ts';

/** The flags of `sluice sync`. */
export interface SyncFlags extends EndsFlags, OutputFlags {
  readonly streams?: readonly string[];
  readonly strategy?: 'auto' | 'append' | 'merge' | 'replace';
  readonly fullRefresh?: boolean;
  readonly connection?: string;
  readonly stateCache?: string;
  readonly cache?: string | true;
}

/** `sluice sync SOURCE DESTINATION` */
export async function runSync(source: string, destination: string, flags: SyncFlags): Promise<number> {
  const prepare = async (signal: AbortSignal): Promise<WriteRequest> => {
    const ends = await readEnds(source, destination, flags, signal);
    const streams = parseStreams(flags.streams);
    const { fullRefresh, connection } = flags;
    return {
      ...ends,
      options: {
        writeStrategy: flags.strategy,
        stateCache: openStateArgument(flags.stateCache),
        ...(flags.cache === undefined ? {} : { cache: openCacheArgument(flags.cache) }),
        ...(streams === undefined ? {} : { streams }),
        ...(fullRefresh === undefined ? {} : { forceFullRefresh: fullRefresh }),
        ...(connection === undefined ? {} : { connection }),
      },
    };
  };
  return runWrite(flags, prepare, { keepsState: flags.stateCache !== 'none' });
}
