import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasDocker } from '../test/fixtures/docker/engine.ts';
import { catSource, grepDestination, quoted, stampDestination } from './connectors.ts';
import { buildConnectors, type ConnectorImages, inputName, stampName } from './container-images.ts';
import { type Figure, perSecond, type Skipped, seconds } from './figure.ts';
import { cacheFolder, fakerInput, type Input } from './input.ts';
import type { Library } from './library.ts';
import { callSeconds, inTurn, type Program, peakMb, type Run, wholeSeconds } from './measure.ts';
import { type Bench, millions, taskProgram, writeProgram } from './relay.ts';
import { milliseconds } from './start.ts';

const home = join(cacheFolder, 'home');
const local = join(home, 'local');

/** (g) From container to container, against `docker run A | docker run -i B` and the same programs as processes. */
export async function containers({ library, records, times }: Bench): Promise<readonly (Figure | Skipped)[]> {
  if (!hasDocker) return [withoutEngine('containers')];
  const input = await fakerInput(records);
  await giveInput(input);
  await using piped = await buildConnectors(input, { hasShell: true });
  await using attached = await buildConnectors(input, { hasShell: false });
  const runs = await inTurn(
    {
      shell: dockerRun(piped),
      unlogged: dockerRun(piped, { options: '--log-driver none' }),
      processes: writeProgram(library, await catSource(input), await grepDestination()),
      pipes: writeImages(library, piped),
      attach: writeImages(library, attached),
    },
    times,
  );
  const small = await fakerInput(smallRecords);
  await giveInput(small);
  const starts = await inTurn(
    {
      processes: writeProgram(library, await catSource(small), await grepDestination()),
      pipes: writeImages(library, piped),
    },
    times,
  );
  const shell = wholeSeconds(runs.shell);
  const against = (what: string, one: readonly Run[], aim: number): Figure => {
    const call = callSeconds(one);
    return {
      what: `container to container, ${millions(records)} records, ${what}: write() alone`,
      measured: `${seconds(call)}, ${perSecond(records, call)}`,
      memoryMb: peakMb(one),
      baseline: `docker run A \\| docker run -i B: ${seconds(shell)}`,
      ratio: shell / call,
      aim: `≥ ${aim}`,
      reached: shell / call >= aim,
    };
  };
  const moving = {
    pipes: callSeconds(runs.pipes) - callSeconds(starts.pipes),
    processes: callSeconds(runs.processes) - callSeconds(starts.processes),
  };
  const share = moving.processes / moving.pipes;
  return [
    against('by named pipes', runs.pipes, 3),
    against('attached', runs.attach, 1.2),
    {
      what: 'the baseline without the log that Docker keeps of each container',
      measured: seconds(wholeSeconds(runs.unlogged)),
      baseline: `docker run A \\| docker run -i B: ${seconds(shell)}`,
      ratio: shell / wholeSeconds(runs.unlogged),
    },
    {
      what: `the same by named pipes, without what ${millions(smallRecords)} records take, which is the start`,
      measured: seconds(moving.pipes),
      baseline: `the same programs as local processes: ${seconds(moving.processes)}`,
      ratio: share,
      aim: '≥ 0.5',
      reached: share >= 0.5,
    },
  ];
}

/** (g) Memory, with five times the records. */
export async function containerMemory({
  library,
  records,
  times,
}: Bench): Promise<readonly (Figure | Skipped)[]> {
  if (!hasDocker) return [withoutEngine('container-memory')];
  const input = await fakerInput(records);
  await giveInput(input);
  const figures: Figure[] = [];
  for (const hasShell of [true, false]) {
    const way = hasShell ? 'by named pipes' : 'attached';
    await using once = await buildConnectors(input, { hasShell });
    await using often = await buildConnectors(input, { hasShell, times: 5 });
    const programs = { once: writeImages(library, once), often: writeImages(library, often) };
    const runs = await inTurn(programs, Math.min(times, 2));
    const more = peakMb(runs.often) / peakMb(runs.once);
    figures.push({
      what: `container to container, ${millions(records * 5)} records, ${way}: write() alone`,
      measured: seconds(callSeconds(runs.often)),
      memoryMb: peakMb(runs.often),
      baseline: `${millions(records)} records: ${peakMb(runs.once).toFixed(0)} MB`,
      ratio: more,
      aim: 'flat',
      reached: more < 1.25,
    });
  }
  return figures;
}

/** (g) How long it takes until the destination has its first record. */
export async function containerStart({ library, times }: Bench): Promise<readonly (Figure | Skipped)[]> {
  if (!hasDocker) return [withoutEngine('container-start')];
  const input = await fakerInput(smallRecords);
  await giveInput(input);
  await using images = await buildConnectors(input, { hasShell: true });
  const stamp = join(local, stampName);
  const first = (task: unknown, at: string, ...more: readonly string[]): Program => ({
    command: process.execPath,
    args: [
      join(import.meta.dirname, 'programs', 'first-record.mjs'),
      library.index,
      JSON.stringify(task),
      at,
      ...more,
    ],
    env: { SLUICE_DIR: home },
  });
  const ownStamp = join(cacheFolder, 'stamp');
  const task = { source: { image: images.source }, destination: { image: images.stamping } };
  const runs = await inTurn(
    {
      shell: firstByShell(images, stamp),
      steps: firstByShell(images, stamp, { asks: true }),
      processes: first(
        {
          source: { executable: await catSource(input) },
          destination: { executable: await stampDestination(ownStamp) },
        },
        ownStamp,
      ),
      ours: first(task, stamp),
      forgetful: first(task, stamp, 'forgets'),
    },
    times,
  );
  const against = (
    what: string,
    {
      ours,
      baseline,
      time,
    }: { readonly ours: readonly Run[]; readonly baseline: string; readonly time: number },
  ): Figure => ({
    what,
    measured: `${milliseconds(callSeconds(ours))}, ${milliseconds(callSeconds(ours) - time)} more than the baseline`,
    memoryMb: peakMb(ours),
    baseline: `${baseline}: ${milliseconds(time)}`,
    aim: '≤ 500 ms more',
    reached: callSeconds(ours) - time <= 0.5,
  });
  const shell = { baseline: 'docker run A \\| docker run -i B', time: callSeconds(runs.shell) };
  return [
    against('from write() to the first record in the hands of a container', { ours: runs.ours, ...shell }),
    against('the same with images that were never run before, so that they are asked for their specs', {
      ours: runs.forgetful,
      ...shell,
    }),
    against('that against docker run for all that is asked: both specs at once, the catalog, then the pipe', {
      ours: runs.forgetful,
      baseline: 'five times docker run',
      time: callSeconds(runs.steps),
    }),
    { what: 'the same in the hands of a process', measured: milliseconds(callSeconds(runs.processes)) },
  ];
}

const smallRecords = 10_000;

function withoutEngine(what: string): Skipped {
  return { what, skipped: 'no Docker engine answers; run it by `bash scripts/with-docker.sh npm run bench`' };
}

function writeImages(library: Library, { source, destination }: ConnectorImages): Program {
  return taskProgram(library, { source: { image: source }, destination: { image: destination } });
}

/** What one would write in a shell. */
function dockerRun(
  images: ConnectorImages,
  { destination = images.destination, options = '' }: { destination?: string; options?: string } = {},
): Program {
  const docker = `docker run --rm ${options} -v ${quoted(local)}:/local`;
  return {
    command: 'sh',
    args: ['-c', `${docker} ${images.source} read | ${docker} -i ${destination} write`],
  };
}

/** With `asks`, after what Sluice asks both connectors for before. */
function firstByShell(
  images: ConnectorImages,
  stamp: string,
  { asks = false }: { readonly asks?: boolean } = {},
): Program {
  const { source, stamping } = images;
  const { args = [] } = dockerRun(images, { destination: stamping });
  const ask = `docker run --rm ${source} spec & docker run --rm ${stamping} spec; wait; docker run --rm ${source} discover; `;
  const took = `$(( ($(cat ${quoted(stamp)}) - start) / 1000000 ))`;
  const report = `printf '{"seconds":%d.%03d,"peakMb":0}\\n' $((took / 1000)) $((took % 1000))`;
  return {
    command: 'sh',
    args: ['-c', `start=$(date +%s%N); { ${asks ? ask : ''}${args.at(-1)}; } >&2; took=${took}; ${report}`],
  };
}

/** Puts an input where containers see it. */
async function giveInput({ path }: Input): Promise<void> {
  await mkdir(local, { recursive: true });
  await copyFile(path, join(local, inputName));
}
