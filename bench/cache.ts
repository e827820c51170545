import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { fakerCatalog } from '../src/connectors/sources/faker-catalog.ts';
import { installPyAirbyte, pyAirbyteVersion } from '../test/fixtures/pyairbyte.ts';
import { catSource } from './connectors.ts';
import { type Figure, perSecond, type Skipped, seconds } from './figure.ts';
import { cacheFolder, fakerInput, type Input } from './input.ts';
import type { Library } from './library.ts';
import { callSeconds, inTurn, type Program, peakMb, run } from './measure.ts';
import { pythonProgram } from './pyairbyte.ts';
import { type Bench, millions } from './relay.ts';

/** A process source into a DuckDB cache, against DuckDB alone and against PyAirbyte. */
export async function cache({ library, records, times }: Bench): Promise<readonly (Figure | Skipped)[]> {
  const input = await fakerInput(records);
  const source = await catSource(input, { catalog: fakerCatalog });
  const runs = await inTurn(
    { ours: readProgram(library, { executable: source }), alone: await aloneProgram(input) },
    times,
  );
  const ours = callSeconds(runs.ours);
  const alone = callSeconds(runs.alone);
  const figure: Figure = {
    what: `process source to DuckDB cache, ${millions(records)} records: read() alone`,
    measured: `${seconds(ours)}, ${perSecond(records, ours)}`,
    memoryMb: peakMb(runs.ours),
    baseline: `DuckDB alone, from files: ${seconds(alone)}, ${perSecond(records, alone)}, ${peakMb(runs.alone).toFixed(0)} MB`,
    ratio: alone / ours,
    aim: '≥ 0.6',
    reached: alone / ours >= 0.6,
  };
  return [figure, await againstPyAirbyte(records, source, ours, figure.memoryMb)];
}

/** What a stream costs that has hardly any records, and what a read costs that finds nothing new. */
export async function cacheStreams({ library, records, times }: Bench): Promise<readonly Figure[]> {
  const counts = [1, 10, 100, 1000] as const;
  const programs = Object.fromEntries(
    counts.map((streams) => [String(streams), readProgram(library, { streams })]),
  );
  const runs = await inTurn(programs, Math.min(times, 3));
  const one = callSeconds(runs['1'] ?? []);
  const figures = counts.map((streams): Figure => {
    const time = callSeconds(runs[String(streams)] ?? []);
    const each =
      streams === 1 ? '' : `, ${(((time - one) / (streams - 1)) * 1000).toFixed(1)} ms for each more`;
    return {
      what: `first read of ${streams} streams of 10 records into a DuckDB cache`,
      measured: `${seconds(time)}${each}`,
      memoryMb: peakMb(runs[String(streams)] ?? []),
    };
  });
  const faker = { faker: Math.round(records / 2) };
  const first = await run(readProgram(library, faker));
  const second = await run(readProgram(library, faker, { again: true }));
  return [
    ...figures,
    {
      what: `second read of the built-in faker (${millions(records / 2)} users) with nothing new`,
      measured: seconds(callSeconds([second])),
      memoryMb: peakMb([second]),
      baseline: `the first: ${seconds(callSeconds([first]))}`,
      aim: '< 1 s',
      reached: callSeconds([second]) < 1,
    },
  ];
}

/** Memory, with ten times the records. */
export async function cacheMemory({ library, records }: Bench): Promise<readonly Figure[]> {
  const input = await fakerInput(records);
  const long = await catSource(input, { catalog: fakerCatalog, times: 10 });
  const { report } = await run(readProgram(library, { executable: long }));
  return [
    {
      what: `process source to DuckDB cache, ${millions(records * 10)} records`,
      measured: `${seconds(report?.seconds ?? Number.NaN)}, ${perSecond(records * 10, report?.seconds ?? Number.NaN)}`,
      memoryMb: report?.peakMb ?? Number.NaN,
    },
  ];
}

function readProgram(library: Library, source: unknown, { again = false } = {}): Program {
  const dbPath = join(cacheFolder, 'cache.duckdb');
  return {
    command: process.execPath,
    args: [program('read-cache.mjs'), library.index, JSON.stringify({ source, dbPath, again })],
    env: { SLUICE_DIR: join(cacheFolder, 'home') },
  };
}

async function aloneProgram(input: Input): Promise<Program> {
  const paths = await splitByStream(input);
  const tables = fakerCatalog.streams.map(({ name, json_schema: schema }, index) => ({
    name,
    path: paths[index],
    columns: Object.entries(schema['properties'] as Record<string, Record<string, unknown>>).map(
      ([field, { type, format }]) => [field, format === 'date-time' ? 'instant' : type],
    ),
  }));
  return {
    command: process.execPath,
    args: [program('duckdb-alone.mjs'), join(cacheFolder, 'alone.duckdb'), JSON.stringify(tables)],
  };
}

/** The records of each stream in a file of their own, which is not part of what is measured. */
async function splitByStream({ path, streams }: Input): Promise<readonly string[]> {
  return Promise.all(
    streams.map(async (stream) => {
      const own = `${path}.${stream}`;
      if (existsSync(own)) return own;
      const lines = createInterface({ input: createReadStream(path) });
      const wanted = async function* () {
        const head = `{"type":"RECORD","record":{"stream":"${stream}",`;
        for await (const line of lines) if (line.startsWith(head)) yield `${line}\n`;
      };
      await pipeline(wanted, createWriteStream(`${own}.part`));
      await rename(`${own}.part`, own);
      return own;
    }),
  );
}

async function againstPyAirbyte(
  records: number,
  source: string,
  ours: number,
  memoryMb: number | undefined,
): Promise<Figure | Skipped> {
  const python = await installPyAirbyte();
  if ('reason' in python) return { what: 'read into a cache against PyAirbyte', skipped: python.reason };
  const db = join(cacheFolder, 'pyairbyte.duckdb');
  const runs = [await run(pythonProgram(python.path, 'pyairbyte-cache.py', [source, db]))];
  const theirs = callSeconds(runs);
  return {
    what: `process source to DuckDB cache, ${millions(records)} records, against PyAirbyte: read() alone`,
    measured: `${seconds(ours)}, ${perSecond(records, ours)}`,
    memoryMb: memoryMb ?? Number.NaN,
    baseline: `PyAirbyte ${pyAirbyteVersion}: ${seconds(theirs)}, ${perSecond(records, theirs)}, ${peakMb(runs).toFixed(0)} MB`,
    ratio: theirs / ours,
    aim: '≥ 12',
    reached: theirs / ours >= 12,
  };
}

function program(name: string): string {
  return join(import.meta.dirname, 'programs', name);
}
