import { join } from 'node:path';
import { catSource, stampDestination } from './connectors.ts';
import type { Figure } from './figure.ts';
import { cacheFolder, fakerInput } from './input.ts';
import { callSeconds, inTurn, type Program, peakMb, wholeSeconds } from './measure.ts';
import type { Bench } from './relay.ts';

/** (e) How long one waits before anything happens. */
export async function start({ library, times }: Bench): Promise<readonly Figure[]> {
  const stamp = join(cacheFolder, 'stamp');
  const first: Program = {
    command: process.execPath,
    args: [
      join(import.meta.dirname, 'programs', 'first-record.mjs'),
      library.index,
      JSON.stringify({
        source: { executable: await catSource(await fakerInput(10_000)) },
        destination: { executable: await stampDestination(stamp) },
      }),
      stamp,
    ],
    env: { SLUICE_DIR: join(cacheFolder, 'home') },
  };
  const runs = await inTurn(
    {
      node: { command: process.execPath, args: ['-e', '0'] },
      help: { command: process.execPath, args: [library.command, '--help'] },
      first,
    },
    times * 2,
  );
  const node = wholeSeconds(runs.node);
  const help = wholeSeconds(runs.help);
  const baseline = `node -e 0: ${milliseconds(node)}`;
  return [
    {
      what: 'sluice --help',
      measured: milliseconds(help),
      baseline,
      ratio: help / node,
      aim: '< 3',
      reached: help / node < 3,
    },
    {
      what: 'from getDestination to the first record in the hands of the destination',
      measured: milliseconds(callSeconds(runs.first)),
      memoryMb: peakMb(runs.first),
      baseline,
      ratio: callSeconds(runs.first) / node,
    },
  ];
}

export function milliseconds(value: number): string {
  return `${(value * 1000).toFixed(0)} ms`;
}
