// Says how long it takes from getDestination to the first record that the destination's process has in its hands.
// Usage: node first-record.mjs INDEX TASK STAMP [forgets], where the destination writes its time into STAMP. With
// `forgets`, what is remembered of images is forgotten first.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openEnds } from './ends.mjs';

const [index, task, stamp, forgets] = process.argv.slice(2);
if (forgets) rmSync(join(process.env.SLUICE_DIR, 'specs'), { recursive: true, force: true });
const ends = await openEnds(index, task);
const start = Date.now();
await ends.destination().write(ends.source());
const first = Number(readFileSync(stamp, 'utf8')) / 1e6;
console.log(
  JSON.stringify({ seconds: (first - start) / 1000, peakMb: process.resourceUsage().maxRSS / 1024 }),
);
