import { messageOf, SluiceError, StateBusyError, StorageError } from '../../errors.ts';
import type { SqlFailure } from '../driver.ts';
import { stoppedError } from '../stopped.ts';

/** One line for what DuckDB throws. `where` is the database, for people; never a statement or a value. */
export function duckDbError(cause: unknown, where: string, signal?: AbortSignal): unknown {
  if (cause instanceof SluiceError) return cause;
  const text = messageOf(cause);
  if (signal?.aborted && /interrupt/i.test(text)) {
    return stoppedError(signal, where);
  }
  const known = failures.find(({ pattern }) => pattern.test(text));
  const [first = text] = text.split('\n', 1);
  const line = first.replace(/^Failed to extract statements: /, '');
  const failure: SqlFailure = known?.failure ?? 'terminal';
  const context = { engine: 'DuckDB', failure, engineMessage: line.slice(0, 500) };
  if (known?.says === undefined)
    return new StorageError(`${where}: ${line.slice(0, 300)}`, { context, cause });
  return new StorageError(`${where}: ${known.says}`, { guidance: known.guidance, context, cause });
}

/** Whether another process holds the file; trying again may help. */
export function isLocked(error: unknown): boolean {
  return lockedBy.test(messageOf(error)) || /being used by another process/i.test(messageOf(error));
}

export function lockedError(cause: unknown, where: string): StateBusyError {
  const [, program = 'another process', pid] = lockedBy.exec(messageOf(cause)) ?? [];
  const holder = pid === undefined ? 'another process' : `process ${pid} (${program})`;
  return new StateBusyError(`${where} is in use by ${holder}`, {
    guidance:
      'A DuckDB file belongs to one process at a time. Wait for it to end, or give lockTimeoutMs to wait for it.',
    context: { engine: 'DuckDB', failure: 'transient', pid: pid === undefined ? undefined : Number(pid) },
    cause,
  });
}

const lockedBy = /Conflicting lock is held in (.*?) \(PID (\d+)\)/;

const failures: readonly {
  readonly pattern: RegExp;
  readonly failure: SqlFailure;
  readonly says?: string;
  readonly guidance?: string;
}[] = [
  {
    pattern: /^(Catalog|Binder) Error: .*does not exist|^Binder Error: Referenced (table|column)/s,
    failure: 'undefined_relation',
  },
  {
    pattern: /extension "?motherduck/i,
    failure: 'transient',
    says: 'DuckDB cannot load its MotherDuck extension',
    guidance:
      'It is downloaded from extensions.duckdb.org at its first use: check the network, and run again.',
  },
  {
    pattern: /motherduck.{0,40}token|not authenticated|jwt/i,
    failure: 'terminal',
    says: 'MotherDuck refuses the access token',
    guidance: 'Make a new one in MotherDuck and give it as apiKey.',
  },
  {
    pattern: /not a valid DuckDB database file|The file .* exists, but it is not/,
    failure: 'terminal',
    says: 'the file is not a DuckDB database',
    guidance: 'Choose another path, or move that file away.',
  },
  {
    pattern: /version number|newer version|storage version/i,
    failure: 'terminal',
    says: 'the file was written by another version of DuckDB, which this one cannot read',
    guidance: 'Update Sluice, or export the file with the DuckDB that wrote it.',
  },
  {
    pattern: /Corrupt database file|Could not read enough bytes/,
    failure: 'terminal',
    says: 'the file is damaged',
    guidance: 'Restore it from a copy, or move it away and read anew.',
  },
  {
    pattern: /Is a directory/,
    failure: 'terminal',
    says: 'the path is a folder, not a file',
    guidance: 'Choose another path.',
  },
  {
    pattern: /No space left|disk is full|could not be written|failed to offload data block/i,
    failure: 'terminal',
    says: 'the disk is full',
    guidance: 'Free some space and run again: what was committed is kept.',
  },
  {
    pattern: /database does not exist/i,
    failure: 'terminal',
    says: 'there is no such file, and reading alone makes none',
    guidance: 'Check the path: a relative one counts from the current folder.',
  },
  {
    pattern: /Permission denied/i,
    failure: 'terminal',
    says: 'it cannot be opened: permission denied',
    guidance: 'Check who owns the file and its folder. A query reads the file only, all else writes it.',
  },
  {
    pattern: /read-only mode/i,
    failure: 'terminal',
    says: 'it only reads here, and this statement does more than that',
    guidance:
      'Queries and caches that are readOnly only read. To change the file, use a program of DuckDB’s.',
  },
  {
    pattern: /Read-only file system/i,
    failure: 'terminal',
    says: 'it cannot be written',
    guidance: 'Check who owns the file and its folder.',
  },
  {
    pattern: /^Constraint Error/,
    failure: 'terminal',
    says: 'a row breaks an index or a constraint that Sluice has not made',
    guidance: 'Drop it, or see which rows of the source it refuses.',
  },
  {
    pattern: /No such file or directory|Cannot open file/i,
    failure: 'terminal',
    says: 'the file cannot be opened',
    guidance: 'Check that its folder exists.',
  },
  { pattern: /Out of Memory/i, failure: 'transient', says: 'DuckDB ran out of memory' },
  { pattern: /^TransactionContext Error|Transaction conflict|Conflict on/i, failure: 'transient' },
];
