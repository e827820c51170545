import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { Connection } from './connection.ts';

export type Victim = 'source' | 'destination' | 'sluice';

/** Whom to kill, and after how many signs of life of all three together. */
export interface Kill {
  readonly victim: Victim;
  readonly after: number;
  /** Kills it; true when it was there to be killed. Default: by the process id that it has told. */
  readonly strike?: ((victim: Victim) => Promise<boolean>) | undefined;
}

export interface Ended {
  /** Whether the kill came before all was done: a victim that has just ended takes no harm. */
  readonly killed: boolean;
  /** Signs of life: pieces written, lines taken, programs started, states saved. */
  readonly signs: number;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/**
 * Runs Sluice once and kills one of the three, if any is to be, by what they tell of themselves through a FIFO. Every process holds the
 * FIFO open while it lives, so that its end says that nothing is left running, grandchildren included.
 */
export async function runOnce(connection: Connection, kill: Kill | undefined): Promise<Ended> {
  await promisify(execFile)('mkfifo', [connection.events]);
  const signs = new Socket({
    fd: openSync(connection.events, constants.O_RDONLY | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  const holder = openSync(connection.events, constants.O_WRONLY);
  const nobodyLeft = once(signs, 'end');
  const watched = watch(signs, kill);

  const child = spawn(process.execPath, [program, library, connection.task], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      ...(process.env['DOCKER_HOST'] === undefined ? {} : { DOCKER_HOST: process.env['DOCKER_HOST'] }),
      TMPDIR: connection.temporary,
      SLUICE_DIR: connection.home,
    },
  });
  const closed = once(child, 'close');
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode, signal] = await closed;
  closeSync(holder);
  await Promise.race([nobodyLeft, once(AbortSignal.timeout(20_000), 'abort').then(stillRunning)]);
  await rm(connection.events);
  const { killed, seen } = await watched;
  return { killed: killed && exitCode !== 0, signs: seen, exitCode, signal, output: (await output).join('') };
}

function stillRunning(): never {
  return expect.fail('something is still running 20 seconds after Sluice has ended');
}

const program = join(import.meta.dirname, 'sluice-run.mjs');
const library = join(import.meta.dirname, '..', '..', 'dist', 'index.js');

async function watch(signs: Socket, kill: Kill | undefined): Promise<{ killed: boolean; seen: number }> {
  const pids = new Map<string, number>();
  let seen = 0;
  let killed = false;
  for await (const line of createInterface({ input: signs })) {
    const [who = '', pid] = line.split(' ');
    pids.set(who, Number(pid));
    seen += 1;
    if (killed || kill === undefined || seen < kill.after) continue;
    killed = (await kill.strike?.(kill.victim)) ?? killNow(pids.get(kill.victim));
  }
  return { killed, seen };
}

function killNow(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false; // It has ended by itself.
  }
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
