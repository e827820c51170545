import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { isRunning } from '../executors/running.ts';
import { lastLine, main, openPlace } from './run-sluice.ts';

const place = openPlace();
afterAll(() => place[Symbol.dispose]());

const slow = [
  ...['sync', 'source-faker', 'destination-dev-null', '--source-config', '{"count": 100000, "seed": 1}'],
  ...[
    '--destination-config',
    '{"test_destination": {"test_destination_type": "THROTTLED", "millis_per_record": 1}}',
  ],
  '--json',
];

/** Reads lines until a text has come. The stream stays open, which leaving a `for await` would close. */
async function until(lines: AsyncIterator<unknown>, text: string): Promise<void> {
  for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
    if (String(next.value).includes(text)) return;
  }
  throw new Error(`the output ended without "${text}"`);
}

describe('Ctrl-C', () => {
  it('stops cleanly, and tells what is kept', async () => {
    using own = openPlace();
    const running = own.start(slow);
    await until(running.iterable()[Symbol.asyncIterator](), '"state_saved"');
    running.kill('SIGINT');
    const { exitCode, stderr, stdout } = await running;
    expect(stderr).toContain('stopping… (once more to stop at once)\nsluice: stopped by Ctrl-C\n');
    expect(stderr).toMatch(
      /^kept: [\d,]+ records confirmed and \d+ states? saved; the next run goes on from there$/m,
    );
    expect(exitCode).toBe(130);
    expect(lastLine(stdout)).toMatchObject({
      error: { code: 'stopped', message: 'stopped by Ctrl-C' },
      records: { confirmed: expect.any(Number) },
    });
    expect(readdirSync(join(own.folder, '.sluice/state')).length).toBeGreaterThan(0);
  });

  it('and its like have their own exit codes', async () => {
    using own = openPlace();
    const running = own.start([...slow, '--state-cache', 'none']);
    await until(running.iterable()[Symbol.asyncIterator](), '"progress"');
    running.kill('SIGTERM');
    const { exitCode, stderr } = await running;
    expect(stderr).toContain('sluice: stopped by SIGTERM');
    expect(stderr).not.toContain('kept:');
    expect(exitCode).toBe(143);
  });

  it('a second time ends everything at once: connectors that will not end, what they started, and their configs', async () => {
    const stubborn = join(place.folder, 'destination-stubborn.mjs');
    writeFileSync(
      stubborn,
      `#!/usr/bin/env node
      import { spawn } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      if (process.argv[2] === 'spec') console.log('{"type":"SPEC","spec":{"connectionSpecification":{}}}');
      else {
        process.on('SIGTERM', () => {});
        setInterval(() => {}, 1000);
        const own = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)']);
        writeFileSync('pids', process.pid + ' ' + own.pid);
        console.error('ready');
      }`,
    );
    chmodSync(stubborn, 0o755);
    const temporary = join(place.folder, 'temporary');
    mkdirSync(temporary);
    const sync = ['sync', 'source-faker', stubborn, '--source-config', '{}', '--verbose'];
    const running = place.start(sync, { env: { TMPDIR: temporary } });
    const lines = running.iterable({ from: 'stderr' })[Symbol.asyncIterator]();
    await until(lines, 'ready');
    running.kill('SIGINT');
    await until(lines, 'stopping…');
    running.kill('SIGINT');
    const { exitCode, stderr } = await running;
    expect(stderr).toMatch(/^sluice: stopped at once$/m);
    expect(exitCode).toBe(130);
    expect(readdirSync(temporary).filter((name) => name.startsWith('sluice-'))).toEqual([]);
    const pids = readFileSync(join(place.folder, 'pids'), 'utf8').split(' ').map(Number);
    await vi.waitFor(() => expect(pids.some(isRunning)).toBe(false));
  });
});

describe('a reader that has enough', () => {
  it('ends the command quietly and well, and the connector with it', async () => {
    const read = `"$0" "$1" read source-benchmark --config '{"num_records": 1000000000}' | head -n 3`;
    const { stdout, stderr, exitCode } = await execa(
      'bash',
      ['-o', 'pipefail', '-c', read, process.execPath, main],
      { cwd: place.folder, reject: false },
    );
    expect(stdout.split('\n')).toHaveLength(3);
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });

  it.runIf(existsSync('/dev/full'))('is not what a full disk is taken for', async () => {
    const read = ['-c', '"$0" "$1" read faker > /dev/full', process.execPath, main];
    const { stderr, exitCode } = await execa('bash', read, { cwd: place.folder, reject: false });
    expect(stderr).toBe('sluice: stdout cannot be written: the disk is full\nFree some space and run again.');
    expect(exitCode).toBe(1);
  });

  it('does not make a sync that was cut short a success', async () => {
    const sync = `"$0" "$@" | head -n 2`;
    const { stderr, exitCode } = await execa(
      'bash',
      ['-o', 'pipefail', '-c', sync, process.execPath, main, ...slow],
      { cwd: place.folder, reject: false },
    );
    expect(stderr).toContain('sluice: stopped: nobody reads stdout any more');
    expect(exitCode).toBe(1);
  });
});
