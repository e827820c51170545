// Says how long it takes from getDestination to the first record that the destination's process has in its hands.
// Usage: node first-record.mjs INDEX SOURCE DESTINATION STAMP, where the destination writes its time into STAMP.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [index, source, destination, stamp] = process.argv.slice(2);
const { getDestination, getSource } = await import(pathToFileURL(index).href);
const start = Date.now();
await getDestination('destination-stamp', {}, { localExecutable: destination }).write(
  getSource('source-bench', {}, { localExecutable: source }),
);
const first = Number(readFileSync(stamp, 'utf8')) / 1e6;
console.log(
  JSON.stringify({ seconds: (first - start) / 1000, peakMb: process.resourceUsage().maxRSS / 1024 }),
);
