// Reads one source into a PostgreSQL cache and says how long the call took and how much memory was held. What was there
// before is dropped first, which is not measured.
// Usage: node read-postgres.mjs INDEX '{"executable": …, "options": …}', where INDEX is the built library.
import { pathToFileURL } from 'node:url';

const [index, task] = process.argv.slice(2);
const { executable, options } = JSON.parse(task);
const { getSource, PostgresCache } = await import(pathToFileURL(index).href);
const cache = new PostgresCache(options);
for (const { label } of await cache.streams()) await cache.drop(label);

const start = performance.now();
const source = getSource('source-bench', {}, { localExecutable: executable });
const { summary } = await source.read(cache, { writeStrategy: 'append' });
const seconds = (performance.now() - start) / 1000;
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ seconds, peakMb: maxRSS / 1024, records: summary.records }));
