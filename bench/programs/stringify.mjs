// Makes rows like those of the benchmark source and spells them as RECORDs, one by one: the least that making them costs.
const records = Number(process.argv[2]);
const fields = ['field1', 'field2', 'field3', 'field4', 'field5'];
const start = performance.now();
let bytes = 0;
for (let row = 0; row < records; row += 1) {
  const data = Object.fromEntries(fields.map((field) => [field, `thirty letters of plain text, ${field}`]));
  bytes += JSON.stringify({ type: 'RECORD', record: { stream: 'stream1', data, emitted_at: row } }).length;
}
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, peakMb: process.resourceUsage().maxRSS / 1024, bytes }));
