import { spawn } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { errnoOf, type SluiceError } from '../errors.ts';
import type { Environment } from './environment.ts';
import { findOnPath } from './find-program.ts';
import { onKillAll } from './kill-all.ts';
import { withinMs } from './limit.ts';
import { type Outlet, openOutlet, pipeOutlet } from './outlet.ts';
import { killMarked } from './sweep.ts';
import { workspaceMarker } from './workspace.ts';

/** What to run: never through a shell. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly stdin: 'pipe' | 'ignore';
  /** How much it is likely to write to its stdout; `little` by default. */
  readonly output?: 'little' | 'much';
  /** Names the run in the environment of all that it starts. */
  readonly workspace: string;
  readonly graceMs: number;
}

/** How a child ended. */
export interface Exit {
  readonly exitCode?: number;
  readonly signal?: string;
  /** Why it could not be started at all. */
  readonly cause?: unknown;
}

/** A running child with all that it starts. Disposing ends the whole tree and waits until it is gone. */
export interface Child extends AsyncDisposable {
  readonly stdin: Writable | null;
  readonly stdout: Outlet;
  readonly stderr: Readable;
  /** Set as soon as it has exited. */
  readonly exit: Exit | undefined;
  readonly exited: Promise<Exit>;
  /** Asks the tree to end, and kills it when it has not after the grace period. */
  stop(): Promise<void>;
  /** Kills what is left of the tree. */
  killRest(): void;
  /** Where it knows more of its end than the exit code tells: why it failed. Asked once it has exited. */
  explain?(lastLines: readonly string[]): SluiceError | undefined;
}

/** Starts a program in a process group of its own, so that the tree below it can be ended as one. */
export async function startChild({
  file,
  args,
  env,
  stdin,
  output = 'little',
  workspace,
  graceMs,
}: Launch): Promise<Child> {
  const [command, ...rest] = [...(await dieWithUs(env)), file, ...args];
  const large = output === 'much' ? await openOutlet(workspace) : undefined;
  // Of execa, which costs 75 ms to load, a connector would use nothing but this call.
  const subprocess = spawn(command ?? file, rest, {
    env: { ...env, [workspaceMarker]: workspace },
    detached: hasGroups,
    windowsHide: true,
    stdio: [stdin, large?.theirs ?? 'pipe', 'pipe'],
  });
  large?.theirs.destroy();
  const { pid } = subprocess;
  const outlet = large?.outlet ?? pipeOutlet(subprocess.stdout ?? Readable.from([]));

  let exit: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    const settle = (how: Exit) => {
      exit ??= how;
      resolve(exit);
    };
    subprocess.once('exit', (code, signal) =>
      settle({ ...(code === null ? {} : { exitCode: code }), ...(signal === null ? {} : { signal }) }),
    );
    // A program that cannot be started never exits.
    subprocess.once('error', (cause) => pid === undefined && settle({ cause }));
  });
  const closed = new Promise<void>((resolve) => {
    subprocess.once('close', () => resolve());
    if (pid === undefined) void exited.then(() => resolve());
  });

  const kill = (signal: 'SIGTERM' | 'SIGKILL') => {
    if (pid !== undefined) signalTree(pid, signal, exit !== undefined);
  };
  const killRest = () => {
    kill('SIGKILL');
    killMarked(workspace);
  };
  const spare = onKillAll(killRest);

  const end = async () => {
    const patienceMs = exit === undefined ? graceMs : Math.min(graceMs, lingerMs);
    kill('SIGTERM');
    await withinMs(patienceMs, Promise.all([closed, outlet.closed]));
    killRest();
    await exited;
    spare();
    for (const stream of [subprocess.stdin, outlet, subprocess.stderr]) stream?.destroy();
  };
  let ending: Promise<void> | undefined;
  const stop = () => {
    ending ??= end();
    return ending;
  };

  return {
    stdin: subprocess.stdin,
    stdout: outlet,
    stderr: subprocess.stderr ?? Readable.from([]),
    get exit() {
      return exit;
    },
    exited,
    stop,
    killRest,
    [Symbol.asyncDispose]: stop,
  };
}

/** How long what an exited child has started may keep its output open. */
export const lingerMs = 1_000;

const hasGroups = process.platform !== 'win32';

function signalTree(pid: number, signal: 'SIGTERM' | 'SIGKILL', leaderIsGone: boolean): void {
  try {
    if (hasGroups) process.kill(-pid, signal);
    else if (!leaderIsGone) process.kill(pid, signal);
  } catch (error) {
    // EPERM: macOS says so of a group in which only a zombie is left.
    if (errnoOf(error) !== 'ESRCH' && errnoOf(error) !== 'EPERM') throw error;
  }
}

/**
 * What has the kernel kill the child when we die, even by SIGKILL: util-linux's setpriv, where there is one. BusyBox
 * has a program of that name that cannot.
 */
async function dieWithUs(env: Environment): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  const path = await findOnPath('setpriv', env);
  if (path === undefined || basename(await realpath(path)) !== 'setpriv') return [];
  return [path, '--pdeathsig', 'KILL', '--'];
}
