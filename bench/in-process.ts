import { join } from 'node:path';
import { catSource, quoted } from './connectors.ts';
import { type Figure, perSecond, seconds } from './figure.ts';
import { fakerInput } from './input.ts';
import { callSeconds, inTurn, type Program, peakMb } from './measure.ts';
import { type Bench, millions, taskProgram, writeProgram } from './relay.ts';

/** (c) and (d): what one end costs that is not a process. */
export async function inProcess({ library, records, times }: Bench): Promise<readonly Figure[]> {
  const input = await fakerInput(records);
  const drop: Program = {
    command: 'sh',
    args: ['-c', `cat ${quoted(input.path)} | ${quoted(process.execPath)} ${quoted(program('drop.mjs'))}`],
  };
  const runs = await inTurn(
    {
      stringify: { command: process.execPath, args: [program('stringify.mjs'), String(records)] },
      benchmark: taskProgram(library, {
        source: { benchmark: String(records) },
        destination: { noop: true },
      }),
      drop,
      noop: writeProgram(library, await catSource(input), undefined),
    },
    times,
  );
  const made = callSeconds(runs.benchmark);
  const read = callSeconds(runs.noop);
  return [
    {
      what: `built-in benchmark source to no-op, ${millions(records)} records`,
      measured: `${seconds(made)}, ${perSecond(records, made)}`,
      memoryMb: peakMb(runs.benchmark),
      baseline: `JSON.stringify of as many rows: ${seconds(callSeconds(runs.stringify))}`,
      ratio: callSeconds(runs.stringify) / made,
    },
    {
      what: `process source to no-op, ${millions(records)} records`,
      measured: `${seconds(read)}, ${perSecond(records, read)}`,
      memoryMb: peakMb(runs.noop),
      baseline: `cat FILE \\| a Node that drops it: ${seconds(callSeconds(runs.drop))}`,
      ratio: callSeconds(runs.drop) / read,
      aim: '1.2 M/s',
      reached: records / read >= 1_200_000,
    },
  ];
}

function program(name: string): string {
  return join(import.meta.dirname, 'programs', name);
}
