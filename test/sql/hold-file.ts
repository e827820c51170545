import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Another process that has a file. It lets go of it in the end. */
export interface Holder extends AsyncDisposable {
  readonly pid: number | undefined;
}

/** Has another process run this program with the path; it says so once it has the file, and lets go when its input ends. */
export async function holdFile(program: string, path: string): Promise<Holder> {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', '-e', program, path], {
    cwd: join(import.meta.dirname, '..', '..'),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  if (child.stdout !== null) await once(child.stdout, 'data');
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.stdin?.end();
      await ended;
    },
  };
}
