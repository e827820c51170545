// The least that a Node program does between two processes: hands bytes on with back-pressure and looks at nothing.
// Usage: node plain-relay.mjs FILE new|same [LINES]; "new": each read into new memory, as Node does it; "same": into a
// few pieces of memory in turn, from a socket that the source writes to. With LINES, the library's file that splits
// bytes into lines, every record is recognised as well, and nothing made of it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [file, memory, lines] = process.argv.slice(2);
const look = lines === undefined ? () => {} : await recogniser(lines);
const start = performance.now();
const destination = spawn('grep', ['-F', '"type":"STATE"'], { stdio: ['pipe', 'pipe', 'inherit'] });
const { stdin } = destination;
destination.stdout.resume();
if (memory === 'new') relayNew();
else await relaySame();
await once(destination, 'close');
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, peakMb: process.resourceUsage().maxRSS / 1024 }));

function startSource(stdout) {
  return spawn('cat', [file], { stdio: ['ignore', stdout, 'inherit'] });
}

function relayNew() {
  const { stdout } = startSource('pipe');
  stdout.on('data', (chunk) => {
    if (!stdin.write(chunk)) stdout.pause();
  });
  stdin.on('drain', () => stdout.resume());
  stdout.on('end', () => stdin.end());
}

async function relaySame() {
  const folder = mkdtempSync(join(tmpdir(), 'plain-relay-'));
  const server = createServer({ pauseOnConnect: true }).listen(join(folder, 'stdout'));
  await once(server, 'listening');
  const pieces = Array.from({ length: 4 }, () => Buffer.allocUnsafeSlow(256 * 1024));
  let next = 0;
  let unwritten = 0;
  const ours = connect({
    path: join(folder, 'stdout'),
    onread: {
      buffer: () => pieces[next++ % pieces.length],
      callback(length, piece) {
        unwritten += 1;
        look(piece.subarray(0, length));
        stdin.write(piece.subarray(0, length), () => {
          unwritten -= 1;
          ours.resume();
        });
        return unwritten < pieces.length - 1;
      },
    },
  });
  ours.on('end', () => stdin.end());
  const [theirs] = await once(server, 'connection');
  server.close(() => rmdirSync(folder));
  startSource(theirs);
  theirs.destroy();
}

async function recogniser(path) {
  const { LineReader } = await import(pathToFileURL(path).href);
  const streams = ['products', 'users', 'purchases'].map((name) => ({
    stream: { name, json_schema: {} },
    sync_mode: 'full_refresh',
    destination_sync_mode: 'append',
  }));
  const reader = new LineReader({
    connector: 'source',
    log: () => {},
    catalog: { streams },
    giveBack: () => {},
  });
  return (chunk) => void reader.push(chunk);
}
