import { InstallError, NotRunnableError } from '../../errors.ts';
import { findOnPath, isExecutable } from '../find-program.ts';
import type { Tools } from '../run-tool.ts';
import type { PythonRequest } from './request.ts';

/** What makes virtual environments: uv, which also finds and fetches a Python, or an interpreter itself. */
export type Maker =
  | { readonly tool: 'uv'; readonly uv: string; readonly python: string }
  | { readonly tool: 'venv'; readonly python: string };

/** Finds what can make the environment that is asked for. Throws NotRunnableError with how to get a Python. */
export async function findMaker({ name, python }: PythonRequest, tools: Tools): Promise<Maker> {
  const uv = await findOnPath('uv', tools.env);
  const make = (interpreter: string): Maker =>
    uv === undefined ? { tool: 'venv', python: interpreter } : { tool: 'uv', uv, python: interpreter };

  if (python.kind === 'path') {
    if (!(await isExecutable(python.path))) {
      throw new NotRunnableError(`${name}: there is no Python at ${python.path}`, {
        guidance: 'Give the path of an interpreter, a version such as "3.11", or true for the one on PATH.',
        context: { connector: name, path: python.path },
      });
    }
    const version = await versionOf(python.path, tools);
    if (version === undefined) {
      throw new NotRunnableError(`${name}: ${python.path} is no Python`, {
        guidance: 'Give the path of an interpreter, a version such as "3.11", or true for the one on PATH.',
        context: { connector: name, path: python.path },
      });
    }
    if (isTooOld(version)) throw tooOld(name, python.path, version);
    return make(python.path);
  }

  if (python.kind === 'version') {
    const [major, minor] = python.version.split('.');
    if (isTooOld(python.version)) {
      throw tooOld(
        name,
        'the Python asked for',
        python.version,
        'Ask for a newer version, such as 3.11, or for none: usePython: true.',
      );
    }
    const spelt = minor === undefined ? `python${major}` : `python${major}.${minor}`;
    const found = await firstPython([spelt, 'python3', 'python'], tools, (version) =>
      `${version}.`.startsWith(`${python.version}.`),
    );
    if (found.path !== undefined) return make(found.path);
    if (uv !== undefined) return make(python.version);
    throw missing(name, `Python ${python.version}`, python.version);
  }

  const found = await firstPython(['python3', 'python'], tools, (version) => !isTooOld(version));
  if (found.path !== undefined) return make(found.path);
  if (uv !== undefined) return make(`>=${oldest}`);
  const [tooOldOne] = found.others;
  if (tooOldOne !== undefined) throw tooOld(name, tooOldOne.path, tooOldOne.version);
  throw missing(name, 'Python', '3.11');
}

/** Connectors and their kit need it. */
const oldest = '3.10';

interface Found {
  readonly path: string | undefined;
  readonly others: readonly { readonly path: string; readonly version: string }[];
}

async function firstPython(
  names: readonly string[],
  tools: Tools,
  isWanted: (version: string) => boolean,
): Promise<Found> {
  const others: { path: string; version: string }[] = [];
  for (const name of names) {
    const path = await findOnPath(name, tools.env);
    // What stands there may be a placeholder for a Python that is not installed, as pyenv and Windows have them.
    const version = path === undefined ? undefined : await versionOf(path, tools);
    if (path === undefined || version === undefined) continue;
    if (isWanted(version)) return { path, others };
    others.push({ path, version });
  }
  return { path: undefined, others };
}

async function versionOf(path: string, tools: Tools): Promise<string | undefined> {
  const script = 'import sys; print(".".join(map(str, sys.version_info[:3])))';
  const { isOk, stdout } = await tools.run(path, ['-c', script], { quiet: true });
  const version = stdout.trim();
  return isOk && /^\d+\.\d+\.\d+$/.test(version) ? version : undefined;
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = Number.POSITIVE_INFINITY] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number);
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}

function tooOld(
  name: string,
  what: string,
  version: string,
  guidance: string = howToGet('3.11'),
): NotRunnableError {
  return new NotRunnableError(
    `${name}: ${what} is too old: ${version}, but connectors need ${oldest} or newer`,
    {
      guidance,
      context: { connector: name, version },
    },
  );
}

function missing(name: string, what: string, version: string): NotRunnableError {
  return new NotRunnableError(`${name}: ${what} is not on PATH, and this connector runs in it`, {
    guidance: howToGet(version),
    context: { connector: name },
  });
}

function howToGet(version: string): string {
  const [major = '3', minor = '11'] = version.split('.');
  const short = `${major}.${minor}`;
  return `Install uv (https://docs.astral.sh/uv), which fetches Python ${short} by itself; or run: apt install python3 python3-venv (Debian, Ubuntu), brew install python@${short} (macOS), winget install Python.Python.${short} (Windows).`;
}

/** What to do when an environment cannot be made with the standard library alone. */
export function adviceOnVenv(lines: readonly string[]): string | undefined {
  const text = lines.join('\n');
  if (/ensurepip|No module named venv/i.test(text)) {
    return 'This Python lacks its venv module: run apt install python3-venv (Debian, Ubuntu), or install uv (https://docs.astral.sh/uv).';
  }
  return undefined;
}

/** Refuses an environment whose Python is not the one that was asked for. */
export function verifyPython({ name, python }: PythonRequest, actual: string): void {
  if (python.kind !== 'version' || `${actual}.`.startsWith(`${python.version}.`)) return;
  throw new InstallError(`${name}: asked for Python ${python.version}, got ${actual}`, {
    context: { connector: name, asked: python.version, actual },
  });
}
