// Reads so many users of the built-in faker into a DuckDB cache, and says on stdout, line by line, how far it has come.
// Usage: node faker-read.mjs INDEX FILE COUNT, INDEX being the built library. SIGINT stops it as Ctrl-C would.
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [index, dbPath, countText] = process.argv.slice(2);
const count = Number(countText);
const { DuckDBCache, getSource, sql } = await import(pathToFileURL(index).href);
const say = (what) => writeSync(1, `${JSON.stringify(what)}\n`);

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());

// About a twentieth of all at a time, as records are of some 600 bytes.
const cache = new DuckDBCache({ dbPath, flush: { bytes: Math.min(64_000_000, count * 30) } });
const source = getSource('source-faker', { count, seed: 7, always_updated: false });
const startedAt = performance.now();
try {
  const { summary } = await source.read(cache, {
    streams: ['users'],
    signal: stop.signal,
    onEvent(event) {
      if (event.type === 'progress') say({ confirmed: event.progress.streams.users?.confirmed ?? 0 });
    },
  });
  const [held] = await cache
    .query(sql`select count(*) as rows, count(distinct id) as ids, max(id) as last from users`)
    .toArray();
  say({ read: summary.records.read, held, ms: Math.round(performance.now() - startedAt) });
} catch (error) {
  say({ stopped: error.code, ms: Math.round(performance.now() - startedAt) });
  process.exitCode = 1;
}
