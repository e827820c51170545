// Reads its input to the end and drops it: the least that a reader in Node costs.
const start = performance.now();
for await (const _chunk of process.stdin);
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, peakMb: process.resourceUsage().maxRSS / 1024 }));
