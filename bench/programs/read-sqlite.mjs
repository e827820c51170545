// Reads a program's records into a SQLite cache and says how long the call took and how much memory was held.
// Usage: node read-sqlite.mjs INDEX SOURCE FILE, where INDEX is the built library.
import { rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [index, executable, dbPath] = process.argv.slice(2);
const { SQLiteCache, getSource } = await import(pathToFileURL(index).href);
for (const path of [dbPath, `${dbPath}-wal`, `${dbPath}-shm`]) rmSync(path, { force: true });

const start = performance.now();
const source = getSource('source-bench', {}, { localExecutable: executable });
const { summary } = await source.read(new SQLiteCache({ dbPath }), { writeStrategy: 'append' });
const seconds = (performance.now() - start) / 1000;
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ seconds, peakMb: maxRSS / 1024, records: summary.records }));
