import { join } from 'node:path';
import { installPyAirbyte, pyAirbyteVersion } from '../test/fixtures/pyairbyte.ts';
import { catSource, grepDestination } from './connectors.ts';
import { type Figure, perSecond, type Skipped, seconds } from './figure.ts';
import { cacheFolder, fakerInput } from './input.ts';
import { callSeconds, inTurn, type Program, peakMb, wholeSeconds } from './measure.ts';
import { type Bench, millions, relayProgram } from './relay.ts';

/** (b) The same two processes with PyAirbyte between them, without cache and without state. */
export async function pyairbyte({ library, records, times }: Bench): Promise<readonly (Figure | Skipped)[]> {
  const python = await installPyAirbyte();
  if ('reason' in python) return [{ what: 'relay against PyAirbyte', skipped: python.reason }];
  const source = await catSource(await fakerInput(records));
  const theirs = pythonProgram(python.path, 'pyairbyte.py', [source, await grepDestination()]);
  const runs = await inTurn({ theirs, ours: await relayProgram(library, source) }, Math.min(times, 3));
  return [
    figure('write() alone', callSeconds(runs.ours), callSeconds(runs.theirs)),
    figure('the whole program', wholeSeconds(runs.ours), wholeSeconds(runs.theirs)),
  ];

  function figure(part: string, ours: number, theirs: number): Figure {
    const ratio = theirs / ours;
    return {
      what: `relay ${millions(records)} records against PyAirbyte: ${part}`,
      measured: `${seconds(ours)}, ${perSecond(records, ours)}`,
      memoryMb: peakMb(runs.ours),
      baseline: `PyAirbyte ${pyAirbyteVersion}: ${seconds(theirs)}, ${perSecond(records, theirs)}, ${peakMb(runs.theirs).toFixed(0)} MB`,
      ratio,
      aim: '≥ 15',
      reached: ratio >= 15,
    };
  }
}

/** A program in bench/programs that runs PyAirbyte. */
export function pythonProgram(python: string, name: string, args: readonly string[]): Program {
  return {
    command: python,
    args: [join(import.meta.dirname, 'programs', name), ...args],
    env: {
      AIRBYTE_OFFLINE_MODE: '1',
      DO_NOT_TRACK: '1',
      AIRBYTE_PROJECT_DIR: cacheFolder,
      AIRBYTE_LOGGING_ROOT: join(cacheFolder, 'pyairbyte-logs'),
    },
  };
}
