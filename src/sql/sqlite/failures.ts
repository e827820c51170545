import { readFile, stat } from 'node:fs/promises';
import { messageOf, SluiceError, StateBusyError, StorageError } from '../../errors.ts';
import type { SqlFailure } from '../driver.ts';

/**
 * One line for what SQLite throws. `where` is the database, for people; never a statement or a value. `isWrite`: it was
 * thrown by a statement that does more than read, at a connection that only reads.
 */
export function sqliteError(cause: unknown, where: string, isWrite = false): SluiceError {
  if (cause instanceof SluiceError) return cause;
  const [line = ''] = messageOf(cause).split('\n', 1);
  const code = codeOf(cause);
  const isRefused = isWrite && code !== undefined && refusals.includes(code);
  const known = isRefused ? onlyReads : failures.find((one) => one.says?.test(line) ?? one.code === code);
  const failure: SqlFailure = known?.failure ?? 'terminal';
  const context = { engine: 'SQLite', failure, engineCode: code, engineMessage: line.slice(0, 500) };
  return new StorageError(`${where}: ${known?.text ?? line.slice(0, 300)}`, {
    guidance: known?.guidance,
    context,
    cause,
  });
}

/** Whether another connection holds what is needed; trying again may help. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'BUSY' || code === 'LOCKED';
}

/** Whether an error of `sqliteError` says that something could not be opened or written. */
export function lacksRights(error: unknown): boolean {
  const code = error instanceof StorageError ? error.context?.['engineCode'] : undefined;
  return code === 'READONLY' || code === 'CANTOPEN';
}

/** What SQLite says of a folder differs by how it is opened, and never names it. */
export async function refuseFolder(path: string, where: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) return;
  throw new StorageError(`${where}: the path is a folder, not a file`, {
    guidance: 'Choose another path.',
    context: { engine: 'SQLite', failure: 'terminal' },
  });
}

/** Who holds the file is known where the system says it: on Linux. */
export async function busyError(cause: unknown, where: string, path: string): Promise<StateBusyError> {
  const pid = await holderOf(path);
  const holder =
    pid === undefined ? 'another process' : pid === process.pid ? 'this process' : `process ${pid}`;
  return new StateBusyError(`${where} is being written by ${holder}`, {
    guidance:
      'Only one at a time can write to a SQLite file. Wait for it to end, or give a longer lockTimeoutMs.',
    context: { engine: 'SQLite', failure: 'transient', pid },
    cause,
  });
}

/** The process that has locked the file for writing, or what belongs to it. */
async function holderOf(path: string): Promise<number | undefined> {
  const locks = await readFile('/proc/locks', 'utf8').catch(() => '');
  const files = await Promise.all([`${path}-shm`, path].map((file) => stat(file).catch(() => undefined)));
  for (const file of files) {
    const lock = locks.split('\n').find((line) => {
      const [, , , mode, , node] = line.split(/\s+/);
      return mode === 'WRITE' && file !== undefined && node?.endsWith(`:${file.ino}`) === true;
    });
    const pid = Number(lock?.split(/\s+/)[4]);
    if (pid > 0) return pid;
  }
  return undefined;
}

/** SQLite's own name of what is wrong, without its finer division: `SQLITE_BUSY_SNAPSHOT` is `BUSY`. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number')
    return codes[error.errcode] ?? codes[error.errcode & 0xff];
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? /^SQLITE_(IOERR_LOCK|[A-Z]+)/.exec(code)?.[1] : undefined;
}

/** Node's own library gives numbers. */
const codes: Readonly<Record<number, string>> = {
  3: 'PERM',
  5: 'BUSY',
  6: 'LOCKED',
  7: 'NOMEM',
  8: 'READONLY',
  10: 'IOERR',
  11: 'CORRUPT',
  13: 'FULL',
  14: 'CANTOPEN',
  19: 'CONSTRAINT',
  26: 'NOTADB',
  3850: 'IOERR_LOCK',
};

/** What SQLite says of a write through a connection that only reads. */
const refusals: readonly string[] = ['READONLY', 'CANTOPEN', 'IOERR_LOCK'];
const onlyReads = {
  failure: 'terminal',
  text: 'it only reads here, and this statement does more than that',
  guidance: 'Queries and caches that are readOnly only read. To change the file, use a program of SQLite’s.',
} as const;

const failures: readonly {
  readonly code?: string;
  readonly says?: RegExp;
  readonly failure: SqlFailure;
  readonly text?: string;
  readonly guidance?: string;
}[] = [
  { says: /^no such (table|column)/, failure: 'undefined_relation' },
  {
    code: 'NOTADB',
    failure: 'terminal',
    text: 'the file is not a SQLite database',
    guidance: 'Choose another path, or move that file away.',
  },
  {
    says: /unsupported file format/,
    failure: 'terminal',
    text: 'the file was written by a newer SQLite, which this one cannot read',
    guidance: 'Update Node or better-sqlite3, or export the file with the SQLite that wrote it.',
  },
  {
    code: 'CORRUPT',
    failure: 'terminal',
    text: 'the file is damaged',
    guidance: 'Restore it from a copy, or move it away and read anew.',
  },
  {
    code: 'FULL',
    failure: 'terminal',
    text: 'the disk is full',
    guidance: 'Free some space and run again: what was committed is kept.',
  },
  {
    code: 'READONLY',
    failure: 'terminal',
    text: 'it cannot be written',
    guidance:
      'Queries and caches that are readOnly only read. If it was to be written, check who owns the file and its folder.',
  },
  {
    code: 'PERM',
    failure: 'terminal',
    text: 'it cannot be written',
    guidance: 'Check who owns the file and its folder.',
  },
  {
    code: 'CANTOPEN',
    failure: 'terminal',
    text: 'the file cannot be opened',
    guidance: 'Check that its folder exists, that it is a file, and who owns it.',
  },
  {
    says: /directory does not exist/,
    failure: 'terminal',
    text: 'the file cannot be opened',
    guidance: 'Check that its folder exists.',
  },
  {
    code: 'IOERR_LOCK',
    failure: 'terminal',
    text: 'the file cannot be locked for writing',
    guidance:
      'Queries and caches that are readOnly only read. If it was to be written, see that its disk takes locks.',
  },
  {
    says: /more than one statement/,
    failure: 'terminal',
    text: 'these are several statements, and a query is one',
    guidance: 'Run them one after the other.',
  },
  {
    code: 'CONSTRAINT',
    failure: 'terminal',
    text: 'a row breaks an index or a constraint that Sluice has not made',
    guidance: 'Drop it, or see which rows of the source it refuses.',
  },
  {
    says: /too many columns/,
    failure: 'terminal',
    text: 'a table has more columns than the 2,000 that SQLite takes',
    guidance: 'Leave fields out of the stream at its source, or read it into a DuckDB cache.',
  },
  { code: 'IOERR', failure: 'transient', text: 'the file cannot be read or written: an error of the disk' },
  { code: 'NOMEM', failure: 'transient', text: 'SQLite ran out of memory' },
  {
    says: /after drop column/,
    failure: 'terminal',
    text: 'a column that is to change its type has an index or a view that Sluice has not made',
    guidance: 'Drop that index or view, run again, and make it anew.',
  },
];
