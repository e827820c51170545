import { openCacheArgument, placeOf } from '../cache-argument.ts';
import { readConfig } from '../config-argument.ts';
import { openSource } from '../open-connector.ts';
import { parseStreams } from '../stream-argument.ts';
import { runMove } from '../write-run.ts';
import type { ReadFlags } from './read-flags.ts';

/** `sluice read SOURCE --cache` */
export async function runReadIntoCache(argument: string, flags: ReadFlags): Promise<number> {
  const { connection, fullRefresh, strategy } = flags;
  return runMove(
    flags,
    async (signal) => {
      const cache = openCacheArgument(flags.cache);
      const streams = parseStreams(flags.streams);
      const source = await openSource({
        argument,
        config: await readConfig('--config', flags.config, { signal }),
        options: flags.option,
        optionFlag: '--option',
      });
      return {
        ends: [cache, source],
        from: source.name,
        to: placeOf(cache),
        async run(attended) {
          const { summary } = await source.read(cache, {
            ...attended,
            ...(strategy === undefined ? {} : { writeStrategy: strategy }),
            ...(streams === undefined ? {} : { streams }),
            ...(fullRefresh === undefined ? {} : { forceFullRefresh: fullRefresh }),
            ...(connection === undefined ? {} : { connection }),
          });
          return summary;
        },
      };
    },
    { keepsState: true },
  );
}
