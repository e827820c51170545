import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { NotRunnableError } from '../errors.ts';
import type { Environment } from './environment.ts';

/** The file of a command: a path when it holds a slash, else a name on PATH. Throws NotRunnableError when it cannot run. */
export async function findProgram(
  name: string,
  command: string,
  env: Environment = process.env,
): Promise<string> {
  if (!/[/\\]/.test(command)) {
    const found = await findOnPath(command, env);
    if (found !== undefined) return found;
    throw new NotRunnableError(`${name}: there is no executable "${command}" on PATH`, {
      guidance: `Install it, or give its path: ./${command}.`,
      context: { connector: name, command },
    });
  }
  const path = resolve(command);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new NotRunnableError(`${name}: there is no file ${path}`, {
      guidance: 'Check the path: a relative one counts from the current folder.',
      context: { connector: name, path },
    });
  }
  if (found.isDirectory()) {
    throw new NotRunnableError(`${name}: ${path} is a folder, not an executable`, {
      guidance: 'Give the path of the program inside it.',
      context: { connector: name, path },
    });
  }
  if (!(await isExecutable(path))) {
    throw new NotRunnableError(`${name}: ${path} is not executable`, {
      guidance: `Run: chmod +x ${path}`,
      context: { connector: name, path },
    });
  }
  return path;
}

/** The first executable of that name on PATH, or undefined. */
export async function findOnPath(name: string, env: Environment = process.env): Promise<string | undefined> {
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const endings = process.platform === 'win32' ? (env['PATHEXT'] ?? '.COM;.EXE;.BAT;.CMD').split(';') : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      const path = join(folder, `${name}${ending}`);
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

/** Whether there is a file that we may execute. */
export async function isExecutable(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return false;
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
