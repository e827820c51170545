// Confirms every STATE, but takes its input at BYTES_PER_SECOND at most.
import { setTimeout as wait } from 'node:timers/promises';

const bytesPerSecond = Number(process.argv[2]);
const start = performance.now();
let taken = 0;
let rest = '';
for await (const chunk of process.stdin) {
  taken += chunk.length;
  const lines = (rest + chunk.toString('latin1')).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) if (line.includes('"type":"STATE"')) process.stdout.write(`${line}\n`);
  const due = start + (taken / bytesPerSecond) * 1000 - performance.now();
  if (due > 1) await wait(due);
}
