import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning, processIdentitySchema } from './process-identity.ts';
import { ownerFile, workspaceMarker, workspacePrefix } from './workspace.ts';

interface SweepOptions {
  readonly parent?: string;
}

/**
 * Removes what runs of ours left behind whose process is gone: first the processes that still carry the mark of the
 * workspace, then the workspace. Never fails: it is a favour to the last run, not a part of this one.
 */
export async function sweepWorkspaces({ parent = tmpdir() }: SweepOptions = {}): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(workspacePrefix))) {
    const folder = join(parent, name);
    if (!(await isAbandoned(folder).catch(() => false))) continue;
    await killMarked(folder);
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** Kills every process that was started with this workspace, also those that left their process group. Linux only. */
export async function killMarked(folder: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const mark = `${workspaceMarker}=${folder}`;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      if (!environment.split('\0').includes(mark)) return;
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It ended in the meantime.
      }
    }),
  );
}

async function isAbandoned(folder: string): Promise<boolean> {
  const found = await stat(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) return false;
  const text = await readFile(join(folder, ownerFile), 'utf8').catch(() => undefined);
  // Made a moment ago, its owner may just be about to sign it.
  if (text === undefined || text === '') return Date.now() - found.mtimeMs > unsignedMs;
  const owner = processIdentitySchema.safeParse(JSON.parse(text));
  return owner.success && !(await isRunning(owner.data));
}

const unsignedMs = 60_000;
