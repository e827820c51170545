import { createHash } from 'node:crypto';
import { type ErrorContext, StateBusyError, storageFailure } from '../errors.ts';
import { type Holder, takeLock } from '../executors/file-lock.ts';

/** Keeps two runs of one connection apart. */
export interface ConnectionLocks {
  /** Throws StateBusyError when another run holds the connection. */
  take(connection: string): Promise<AsyncDisposable>;
}

/** Locks for a database that is a file: files beside it, which other processes see and which end with their process. */
export function lockFilesBeside(path: string): ConnectionLocks {
  return {
    async take(connection) {
      const name = createHash('sha256').update(connection).digest('hex').slice(0, 12);
      const lock = `${path}.${name}.lock`;
      const taken = await takeLock(lock).catch((error: unknown) => {
        throw storageFailure(error, `cannot lock connection ${connection}`);
      });
      if ('holder' in taken) throw busy(connection, taken.holder);
      return taken;
    },
  };
}

/** Locks for a database that only this object can reach. */
export function lockInMemory(): ConnectionLocks {
  const held = new Set<string>();
  return {
    async take(connection) {
      if (held.has(connection)) throw busy(connection, undefined);
      held.add(connection);
      return {
        async [Symbol.asyncDispose]() {
          held.delete(connection);
        },
      };
    },
  };
}

/** Locks that a server keeps, for all processes of all machines. */
export function lockBy(
  take: (
    connection: string,
  ) => Promise<AsyncDisposable | { readonly holder: string; readonly facts: ErrorContext }>,
): ConnectionLocks {
  return {
    async take(connection) {
      const taken = await take(connection);
      if (Symbol.asyncDispose in taken) return taken;
      throw heldBy(connection, taken.holder, taken.facts);
    },
  };
}

function busy(connection: string, holder: Holder | undefined): StateBusyError {
  const who = holder === undefined ? 'another run' : `process ${holder.process.pid}, since ${holder.since},`;
  return heldBy(connection, who, { pid: holder?.process.pid, since: holder?.since });
}

function heldBy(connection: string, who: string, context: ErrorContext): StateBusyError {
  return new StateBusyError(`${connection}: ${who} holds its state`, {
    guidance: 'Wait for that run or stop it. Another connection name runs beside it.',
    context,
  });
}
