// Says how long it takes from getDestination to the first record that the destination's process has in its hands.
// Usage: node first-record.mjs INDEX TASK STAMP, where the destination writes its time into STAMP.
import { readFileSync } from 'node:fs';
import { openEnds } from './ends.mjs';

const [index, task, stamp] = process.argv.slice(2);
const ends = await openEnds(index, task);
const start = Date.now();
await ends.destination().write(ends.source());
const first = Number(readFileSync(stamp, 'utf8')) / 1e6;
console.log(
  JSON.stringify({ seconds: (first - start) / 1000, peakMb: process.resourceUsage().maxRSS / 1024 }),
);
