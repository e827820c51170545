import { rmSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storageError } from '../errors.ts';
import { onKillAll } from './kill-all.ts';
import { ownIdentity } from './process-identity.ts';

/** A private folder for one run of a connector: its config, catalog and state. Gone when disposed. */
export interface Workspace extends AsyncDisposable {
  readonly folder: string;
  /** Writes a file that only this user can read; connectors may rewrite it, as those do that migrate their config. */
  write(name: string, text: string): Promise<string>;
}

interface WorkspaceOptions {
  /** Where it is made; the system's folder for temporary files. */
  readonly parent?: string;
}

/** Makes a private folder whose owner can be told, so that the next start can remove what a crash left. */
export async function openWorkspace({ parent = tmpdir() }: WorkspaceOptions = {}): Promise<Workspace> {
  const folder = await mkdtemp(join(parent, workspacePrefix)).catch((cause: unknown) => {
    throw storageError(cause, `cannot make a folder in ${parent}`);
  });
  const spare = onKillAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const remove = async () => {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    spare();
  };
  const write = async (name: string, text: string) => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600, flag: 'wx' }).catch((cause: unknown) => {
      throw storageError(cause, `cannot write ${path}`);
    });
    return path;
  };
  try {
    await chmod(folder, 0o700);
    await write(ownerFile, JSON.stringify(await ownIdentity()));
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, write, [Symbol.asyncDispose]: remove };
}

/** How our folders begin among the other temporary ones, and how mkdtemp ends them. */
const workspacePrefix = 'sluice-';
export const workspaceName = /^sluice-[A-Za-z0-9]{6}$/;

/** Says whose a workspace is: the process that made it. */
export const ownerFile = 'owner.json';

/** Names the workspace in a connector's environment, so that what it started can be found after a crash. */
export const workspaceMarker = 'SLUICE_WORKSPACE';
