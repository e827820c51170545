// Fills a cache with `fill`, or sends all that rests in one to the no-op destination, and says how long that call took
// and how much memory was held.
// Usage: node send-cache.mjs INDEX '{"cache": "DuckDBCache", "options": …, "fill": EXECUTABLE}', INDEX being the built library.
import { pathToFileURL } from 'node:url';

const [index, task] = process.argv.slice(2);
const { cache: name, options, fill } = JSON.parse(task);
const { [name]: Cache, getNoopDestination, getSource } = await import(pathToFileURL(index).href);
const cache = new Cache(options);

const start = performance.now();
const { records } =
  fill === undefined
    ? await getNoopDestination().write(cache, { forceFullRefresh: true, writeStrategy: 'append' })
    : await filled(fill);
const seconds = (performance.now() - start) / 1000;
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ seconds, peakMb: maxRSS / 1024, records }));

async function filled(localExecutable) {
  const source = getSource('source-bench', {}, { localExecutable });
  return (await source.read(cache, { writeStrategy: 'append' })).summary;
}
