// Writes one source to one destination with Sluice and says how long the call took and how much memory was held.
// Usage: node write.mjs INDEX '{"source": …, "destination": …}', where INDEX is the built library.
import { pathToFileURL } from 'node:url';

const [index, task] = process.argv.slice(2);
const { source, destination } = JSON.parse(task);
const { getBenchmarkSource, getDestination, getNoopDestination, getSource } = await import(
  pathToFileURL(index).href
);

const from =
  'benchmark' in source
    ? getBenchmarkSource(source.benchmark)
    : getSource('source-bench', {}, { localExecutable: source.executable });
const to =
  'noop' in destination
    ? getNoopDestination()
    : getDestination('destination-bench', {}, { localExecutable: destination.executable });

const start = performance.now();
const result = await to.write(from);
const seconds = (performance.now() - start) / 1000;
const { maxRSS } = process.resourceUsage();
console.log(
  JSON.stringify({ seconds, peakMb: maxRSS / 1024, records: result.records, states: result.states }),
);
