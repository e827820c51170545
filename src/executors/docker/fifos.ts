import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { findOnPath } from '../find-program.ts';
import { fifoOutlet, type Outlet } from '../outlet.ts';

/** Named pipes in the workspace, through which a container of this kernel talks to us without its engine between. */
export interface Fifos extends Disposable {
  readonly stdin: Writable | null;
  readonly stdout: Outlet;
  /** Waits until the container has opened its ends; false when it is over before that. */
  opened(over: Promise<unknown>): Promise<boolean>;
}

/** Makes the pipes, or nothing where this system has no `mkfifo`. */
export async function openFifos(folder: string, stdin: 'pipe' | 'ignore'): Promise<Fifos | undefined> {
  const mkfifo = await findOnPath('mkfifo');
  if (mkfifo === undefined) return undefined;
  const input = join(folder, 'stdin');
  const output = join(folder, 'stdout');
  await promisify(execFile)(mkfifo, ['-m', '600', output, ...(stdin === 'pipe' ? [input] : [])]);
  // A reader that opens first finds the end at once, and a writer that opens first is refused: we hold the other ends
  // too, until the container has them.
  const reading = openSync(output, constants.O_RDONLY | constants.O_NONBLOCK);
  const held = [openSync(output, constants.O_WRONLY | constants.O_NONBLOCK)];
  const stdout = fifoOutlet(reading);
  let stdinStream: Socket | null = null;
  if (stdin === 'pipe') {
    held.push(openSync(input, constants.O_RDONLY | constants.O_NONBLOCK));
    const fd = openSync(input, constants.O_WRONLY | constants.O_NONBLOCK);
    stdinStream = new Socket({ fd, readable: false, writable: true });
  }
  const letGo = () => {
    for (const fd of held.splice(0)) closeSync(fd);
  };
  return {
    stdin: stdinStream,
    stdout,
    async opened(over) {
      const isOver = () => false;
      const isOpen = await Promise.race([stdout.greeted, over.then(isOver, isOver)]);
      letGo();
      return isOpen;
    },
    [Symbol.dispose]() {
      letGo();
      for (const stream of [stdout, stdinStream]) stream?.destroy();
    },
  };
}

/**
 * What the container starts as: a shell that connects itself with the pipes, says so by a newline, and becomes the
 * connector. Its arguments are the folder of the pipes and the connector's command.
 */
export function throughFifos(stdin: 'pipe' | 'ignore'): readonly string[] {
  const script = [
    'folder=$1; shift',
    `command -v "$1" >/dev/null || { echo "${missingMark}$1" >&2; exit 127; }`,
    `${stdin === 'pipe' ? 'exec <"$folder/stdin"; ' : ''}exec >"$folder/stdout"; echo`,
    'exec "$@"',
  ];
  return [shell, '-c', script.join('\n'), 'sluice'];
}

/** What an image has to have. */
export const shell = '/bin/sh';

/** Begins the line by which the shell says that the command does not exist. */
export const missingMark = 'sluice: no such program: ';
