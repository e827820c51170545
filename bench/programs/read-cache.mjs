// Reads one source into a DuckDB cache and says how long the call took and how much memory was held.
// Usage: node read-cache.mjs INDEX '{"source": {"executable": …} | {"faker": COUNT} | {"streams": COUNT}, "dbPath": …}',
// where INDEX is the built library. With `again` the file is kept and what is already there is not read anew.
import { rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [index, task] = process.argv.slice(2);
const { source, dbPath, again = false } = JSON.parse(task);
const { DuckDBCache, defineSource, getSource } = await import(pathToFileURL(index).href);
if (!again) for (const path of [dbPath, `${dbPath}.wal`]) rmSync(path, { force: true });

const start = performance.now();
const { summary } = await openSource().read(new DuckDBCache({ dbPath }), {
  ...('executable' in source ? { writeStrategy: 'append' } : {}),
});
const seconds = (performance.now() - start) / 1000;
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ seconds, peakMb: maxRSS / 1024, records: summary.records }));

function openSource() {
  if ('executable' in source) return getSource('source-bench', {}, { localExecutable: source.executable });
  if ('faker' in source) {
    return getSource('source-faker', { count: source.faker, seed: 7, always_updated: false });
  }
  const schema = {
    type: 'object',
    properties: {
      id: { type: 'integer' },
      name: { type: 'string' },
      at: { type: 'string', format: 'date-time' },
    },
  };
  const rows = Array.from({ length: 10 }, (_, id) => ({
    id,
    name: `name ${id}`,
    at: '2024-01-31T10:30:00Z',
  }));
  const streams = Array.from({ length: source.streams }, (_, number) => ({
    name: `stream_${number}`,
    schema,
    read: () => rows,
  }));
  return getSource(defineSource({ name: 'source-many', streams }));
}
