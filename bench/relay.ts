import { dirname, join } from 'node:path';
import { catSource, confirmStates, grepDestination, quoted, slowDestination } from './connectors.ts';
import { type Figure, perSecond, seconds } from './figure.ts';
import { cacheFolder, fakerInput, type Input, interleavedInput } from './input.ts';
import type { Library } from './library.ts';
import { callSeconds, inTurn, type Program, peakMb, type Run, run, wholeSeconds } from './measure.ts';

export interface Bench {
  readonly library: Library;
  /** How many records the input has. */
  readonly records: number;
  /** How often each side is measured. */
  readonly times: number;
}

/** (a) From process to process, against the same two processes with a relay between them that does nothing. */
export async function relay({ library, records, times }: Bench): Promise<readonly Figure[]> {
  const input = await fakerInput(records);
  const runs = await inTurn(
    {
      bare: bareRelay(input),
      plain: plainRelay(input, 'new'),
      same: plainRelay(input, 'same'),
      recognised: plainRelay(input, 'same', join(dirname(library.index), 'protocol', 'lines.js')),
      sluice: await relayProgram(library, await catSource(input)),
    },
    times,
  );
  const baseline = `cat FILE \\| cat \\| grep: ${seconds(wholeSeconds(runs.bare))}`;
  const against = (time: number) => {
    const ratio = wholeSeconds(runs.bare) / time;
    return { baseline, ratio, aim: '≥ 0.6', reached: ratio >= 0.6 };
  };
  const whole = wholeSeconds(runs.sluice);
  const call = callSeconds(runs.sluice);
  const memoryMb = peakMb(runs.sluice);
  const floor = (what: string, one: readonly Run[]): Figure => ({
    what: `the least that a Node program does between two processes, ${what}: its start apart`,
    measured: seconds(callSeconds(one)),
    memoryMb: peakMb(one),
    baseline,
    ratio: wholeSeconds(runs.bare) / callSeconds(one),
  });
  return [
    {
      what: `relay ${millions(records)} records, process to process: the whole program with Node's start`,
      measured: `${seconds(whole)}, ${perSecond(records, whole)}`,
      memoryMb,
      ...against(whole),
    },
    {
      what: 'the same: write() alone',
      measured: `${seconds(call)}, ${perSecond(records, call)}`,
      memoryMb,
      ...against(call),
    },
    floor('each read into new memory', runs.plain),
    floor('into memory that is used again', runs.same),
    floor('the same, and every record recognised', runs.recognised),
  ];
}

/** (a) The same with every record of another stream than the one before. */
export async function streams({ library, records, times }: Bench): Promise<readonly Figure[]> {
  const one = await interleavedInput(records, 1);
  const many = await interleavedInput(records, 200);
  const runs = await inTurn(
    {
      one: await relayProgram(library, await catSource(one)),
      many: await relayProgram(library, await catSource(many)),
    },
    times,
  );
  const time = callSeconds(runs.many);
  const ratio = callSeconds(runs.one) / time;
  return [
    {
      what: `relay ${millions(records)} records of 200 interleaved streams: write() alone`,
      measured: `${seconds(time)}, ${perSecond(records, time)}`,
      memoryMb: peakMb(runs.many),
      baseline: `one stream: ${seconds(callSeconds(runs.one))}`,
      ratio,
      aim: '≥ 0.75',
      reached: ratio >= 0.75,
    },
  ];
}

/** (a) Memory, with a long stream and with a slow destination. */
export async function memory({ library, records, times }: Bench): Promise<readonly Figure[]> {
  const limitMb = 150;
  const input = await fakerInput(records);
  const { bare, long } = await inTurn(
    {
      bare: bareRelay(input, { times: 5 }),
      long: await relayProgram(library, await catSource(input, { times: 5 })),
    },
    Math.min(times, 3),
  );
  const short = await fakerInput(records / 5);
  const source = await catSource(short);
  const bytesPerSecond = 20_000_000;
  const slow = await run(writeProgram(library, source, await slowDestination(bytesPerSecond)));
  const against = { baseline: `cat FILES \\| cat \\| grep: ${seconds(wholeSeconds(bare))}` };
  return [
    {
      what: `relay ${millions(records * 5)} records: write() alone`,
      runs: long,
      time: callSeconds(long),
      ...against,
      ratio: wholeSeconds(bare) / callSeconds(long),
    },
    {
      what: `relay ${millions(short.records)} records to a destination that takes 20 MB/s`,
      runs: [slow],
      time: slow.seconds,
    },
  ].map(({ runs, time, ...figure }) => ({
    ...figure,
    measured: seconds(time),
    memoryMb: peakMb(runs),
    aim: `< ${limitMb} MB`,
    reached: peakMb(runs) < limitMb,
  }));
}

/** The same two processes with `cat` in the place of Sluice. */
function bareRelay(input: Input, { times = 1 }: { times?: number } = {}): Program {
  const files = Array.from({ length: times }, () => quoted(input.path)).join(' ');
  return { command: 'sh', args: ['-c', `cat ${files} | cat | ${confirmStates}`] };
}

/** The same with a Node that looks at nothing, or at no more than which lines are records. */
function plainRelay(input: Input, memory: 'new' | 'same', ...lines: readonly string[]): Program {
  const program = join(import.meta.dirname, 'programs', 'plain-relay.mjs');
  return { command: process.execPath, args: [program, input.path, memory, ...lines] };
}

export async function relayProgram(library: Library, source: string): Promise<Program> {
  return writeProgram(library, source, await grepDestination());
}

export function writeProgram(library: Library, source: string, destination: string | undefined): Program {
  return taskProgram(library, {
    source: { executable: source },
    destination: destination === undefined ? { noop: true } : { executable: destination },
  });
}

export function taskProgram(library: Library, task: unknown): Program {
  const program = join(import.meta.dirname, 'programs', 'write.mjs');
  return {
    command: process.execPath,
    args: [program, library.index, JSON.stringify(task)],
    env: { SLUICE_DIR: join(cacheFolder, 'home') },
  };
}

export function millions(records: number): string {
  return `${records / 1_000_000} M`;
}
