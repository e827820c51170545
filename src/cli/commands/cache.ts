import type { Command } from 'commander';
import type { CacheFlags } from '../actions/cache.ts';
import { cacheHelp } from '../cache-help.ts';
import type { Finish } from '../exit-codes.ts';
import { addOutputFlags, type OutputFlags } from './flags.ts';

export function addCache(program: Command, finish: Finish): void {
  const cache = program
    .command('cache')
    .summary('list caches, show what one holds, drop streams from it')
    .description('Says which caches there are and what they hold, and drops streams.');
  const json = 'print a JSON object a line, also on a terminal';
  const list = cache.command('list').description('Lists the caches in .sluice/caches.');
  addOutputFlags(list, json).action(async (flags: OutputFlags) => {
    const { runCacheList } = await import('../actions/cache.ts');
    finish(await runCacheList(flags));
  });
  const show = cache
    .command('show')
    .description('Shows the streams of a cache: how many rows, from which source, when they were last read.')
    .option('--cache <cache>', cacheHelp);
  addOutputFlags(show, json).action(async (flags: CacheFlags) => {
    const { runCacheShow } = await import('../actions/cache.ts');
    finish(await runCacheShow(flags));
  });
  const drop = cache
    .command('drop')
    .description('Drops streams: their tables, and how far they have come. The next read begins them anew.')
    .argument('<streams...>', 'the streams to drop')
    .option('--cache <cache>', cacheHelp);
  addOutputFlags(drop, json).action(async (streams: readonly string[], flags: CacheFlags) => {
    const { runCacheDrop } = await import('../actions/cache.ts');
    finish(await runCacheDrop(streams, flags));
  });
}
