// Writes one source to one destination with Sluice and says how long the call took and how much memory was held.
// Usage: node write.mjs INDEX '{"source": …, "destination": …}', where INDEX is the built library.
import { openEnds } from './ends.mjs';

const [index, task] = process.argv.slice(2);
const ends = await openEnds(index, task);
const from = ends.source();
const to = ends.destination();

const start = performance.now();
const result = await to.write(from);
const seconds = (performance.now() - start) / 1000;
const { maxRSS } = process.resourceUsage();
console.log(
  JSON.stringify({ seconds, peakMb: maxRSS / 1024, records: result.records, states: result.states }),
);
