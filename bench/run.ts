import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { cache, cacheMemory, cacheStreams } from './cache.ts';
import { containerMemory, containerStart, containers } from './containers.ts';
import { type Figure, type Skipped, table } from './figure.ts';
import { inProcess } from './in-process.ts';
import { buildLibrary } from './library.ts';
import { postgres } from './postgres.ts';
import { pyairbyte } from './pyairbyte.ts';
import { type Bench, memory, relay, streams } from './relay.ts';
import { sending } from './sending.ts';
import { sqlite } from './sqlite.ts';
import { start } from './start.ts';

/** Every bench by its name: `npm run bench -- relay start` runs two of them, without a name all run. */
const benches: Readonly<Record<string, (bench: Bench) => Promise<readonly (Figure | Skipped)[]>>> = {
  relay,
  streams,
  memory,
  pyairbyte,
  'in-process': inProcess,
  start,
  cache,
  'cache-streams': cacheStreams,
  'cache-memory': cacheMemory,
  postgres,
  sqlite,
  sending,
  containers,
  'container-memory': containerMemory,
  'container-start': containerStart,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: 'string', default: '1000000' },
    times: { type: 'string', default: '5' },
  },
});
const unknown = positionals.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`bench: no ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
} else await main();

async function main(): Promise<void> {
  const bench = {
    library: await buildLibrary(),
    records: Number(values.records),
    times: Number(values.times),
  };
  const figures: (Figure | Skipped)[] = [];
  for (const [name, measure] of Object.entries(benches)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    console.error(`bench: ${name} …`);
    figures.push(...(await measure(bench)));
  }
  const [cpu] = cpus();
  console.log(
    `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpu?.model}\n`,
  );
  console.log(table(figures));
}
