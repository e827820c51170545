import { readFile, readlink } from 'node:fs/promises';
import { z } from 'zod';
import { errnoOf } from '../errors.ts';

/** A process, told apart from a later one that was given the same id. */
export const processIdentitySchema = z.object({
  pid: z.int().positive(),
  /** When it started, as the system says it; empty where it cannot be asked. */
  started: z.string(),
  /** Where its id means something: a container counts its own processes. */
  space: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

/** The identity of this process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, started: (await startOf(process.pid)) ?? '', space: await ownSpace() };
}

/** Whether a process still runs. One of which that cannot be told counts as running. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  if (!(await canTell(identity))) return true;
  const { pid, started } = identity;
  const now = await startOf(pid);
  return now !== undefined && now === started;
}

/** Whether it can be told that a process runs: not where its id means nothing to us, nor without a readable /proc. */
export async function canTell({ space }: ProcessIdentity): Promise<boolean> {
  const own = await ownIdentity();
  return space === own.space && (process.platform !== 'linux' || own.started !== '');
}

/** When a process started, or undefined when there is none of that id. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return startFromProc(pid);
  if (!isTaken(pid)) return undefined;
  if (process.platform === 'win32') return '';
  const { execa } = await import('execa');
  const { stdout } = await execa('ps', ['-o', 'lstart=', '-p', String(pid)], { reject: false });
  return typeof stdout === 'string' ? stdout.trim() : '';
}

/** Field 22 of /proc/PID/stat, in ticks since the boot; the name before it may hold spaces and parentheses. */
async function startFromProc(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

async function ownSpace(): Promise<string> {
  return readlink('/proc/self/ns/pid').catch(() => '');
}
