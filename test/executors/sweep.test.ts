import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findOnPath } from '../../src/executors/find-program.ts';
import { sweepWorkspaces } from '../../src/executors/sweep.ts';
import { openWorkspace } from '../../src/executors/workspace.ts';
import { fixture, isRunning } from './running.ts';

const hasProc = existsSync('/proc/self/environ');
const hasSetpriv = hasProc && (await findOnPath('setpriv')) !== undefined;

describe('sweepWorkspaces', () => {
  let parent = '';
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'sweep-'));
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('leaves the workspace of a process that runs', async () => {
    await using workspace = await openWorkspace({ parent });
    await sweepWorkspaces({ parent });
    expect(existsSync(workspace.folder)).toBe(true);
  });

  it('removes the workspace of a process that is gone, also when its id has been given again', async () => {
    const gone = join(parent, 'sluice-AAAAAA');
    mkdirSync(gone);
    await using own = await openWorkspace({ parent });
    const owner = JSON.parse(await read(join(own.folder, 'owner.json')));
    writeFileSync(join(gone, 'owner.json'), JSON.stringify({ ...owner, started: 'earlier' }));
    await sweepWorkspaces({ parent });
    expect(existsSync(gone)).toBe(false);
  });

  it('leaves what is not ours, and what it cannot judge', async () => {
    const names = ['sluice-mine', 'other-AAAAAA', 'sluice-BBBBBB', 'sluice-CCCCCC'];
    for (const name of names) mkdirSync(join(parent, name));
    writeFileSync(join(parent, 'sluice-BBBBBB', 'note.txt'), 'not a workspace');
    writeFileSync(join(parent, 'sluice-CCCCCC', 'owner.json'), '{"pid":1,"started":"0","space":"another"}');
    utimesSync(join(parent, 'sluice-BBBBBB'), 0, 0);
    await sweepWorkspaces({ parent });
    expect(readdirSync(parent).toSorted()).toEqual(names.toSorted());
  });

  it('removes an empty one that nobody has signed, but not at once', async () => {
    const fresh = join(parent, 'sluice-DDDDDD');
    const old = join(parent, 'sluice-EEEEEE');
    const torn = join(parent, 'sluice-FFFFFF');
    for (const folder of [fresh, old, torn]) mkdirSync(folder);
    writeFileSync(join(torn, 'owner.json'), '');
    for (const folder of [old, torn]) utimesSync(folder, 0, 0);
    await sweepWorkspaces({ parent });
    expect([fresh, old, torn].map((folder) => existsSync(folder))).toEqual([true, false, false]);
  });

  it('says nothing when there is no such folder', async () => {
    await expect(sweepWorkspaces({ parent: join(parent, 'none') })).resolves.toBeUndefined();
  });

  it.runIf(hasProc)('kills what a killed process has left running, and removes its files', async () => {
    // An empty PATH has no setpriv: the connector outlives us.
    const { sluice, pids } = await runOrphaning(parent, '/nowhere');
    sluice.kill('SIGKILL');
    await exited(sluice);
    expect(readdirSync(parent)).toHaveLength(1);
    expect(pids.every(isRunning)).toBe(true);
    await sweepWorkspaces({ parent });
    expect(readdirSync(parent)).toEqual([]);
    await vi.waitFor(() => expect(pids.some(isRunning)).toBe(false));
  });

  it.runIf(hasSetpriv)('finds the connector of a killed process dead already', async () => {
    const { sluice, pids } = await runOrphaning(parent, process.env['PATH'] ?? '');
    sluice.kill('SIGKILL');
    await exited(sluice);
    await vi.waitFor(() => expect(isRunning(pids[0] ?? 0)).toBe(false));
    await sweepWorkspaces({ parent });
    await vi.waitFor(() => expect(pids.some(isRunning)).toBe(false));
    expect(readdirSync(parent)).toEqual([]);
  });
});

/** Runs a connector with a process of its own in a process that is not ours; gives the ids of both. */
async function runOrphaning(
  parent: string,
  path: string,
): Promise<{ readonly sluice: ChildProcess; readonly pids: readonly number[] }> {
  const program = fileURLToPath(new URL('./orphaning.ts', import.meta.url));
  const script = fixture('misbehave/starts-a-grandchild.mjs');
  const sluice = spawn(process.execPath, ['--import', 'tsx', program, process.execPath, script, path], {
    env: { ...process.env, TMPDIR: parent },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: sluice.stdout })) {
    const { pid, grandchild } = JSON.parse(line);
    // tsx keeps a folder of its own among the temporary ones.
    for (const name of readdirSync(parent))
      if (name.startsWith('tsx-')) rmSync(join(parent, name), { recursive: true });
    return { sluice, pids: [pid, grandchild] };
  }
  throw new Error('the connector did not start');
}

function exited(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(undefined);
    else child.once('exit', resolve);
  });
}

async function read(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(path, 'utf8');
}
