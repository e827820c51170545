import type * as BetterSqlite from 'better-sqlite3';
import { messageOf, NotRunnableError } from '../../errors.ts';
import { isNoStatement } from '../no-statement.ts';

/** What is bound, and what comes back: integers as bigint, so that none is rounded. */
export type SqliteValue = string | number | bigint | null | Uint8Array;

/** A statement that was prepared. */
export interface SqliteStatement {
  /** Empty for a statement that gives no rows. */
  readonly columns: readonly SqliteColumn[];
  /** Runs it, and answers how many rows it changed. */
  run(values: readonly SqliteValue[]): number;
  rows(values: readonly SqliteValue[]): IterableIterator<readonly SqliteValue[]>;
}

/** A column of a result. */
export interface SqliteColumn {
  readonly name: string;
  /** As the column was declared; null for an expression. */
  readonly type: string | null;
}

/** An open database file. All calls are synchronous, for that is what both libraries are. */
export interface SqliteConnection {
  exec(text: string): void;
  prepare(text: string): SqliteStatement;
  /** A function for statements of this connection. */
  define(name: string, work: (value: unknown) => SqliteValue): void;
  close(): void;
}

/** One of the libraries that bring SQLite. */
export interface SqliteLibrary {
  open(path: string, options: { readonly readOnly: boolean }): SqliteConnection;
}

/**
 * better-sqlite3 where it was installed for this Node, else the SQLite that Node itself has: the package was compiled
 * for the Node that installed it, and Node's own says that it is experimental.
 */
export async function sqliteLibrary(): Promise<SqliteLibrary> {
  const faults: unknown[] = [];
  try {
    return await betterSqlite();
  } catch (error) {
    faults.push(error);
  }
  const own = nodeSqlite();
  if (own !== undefined) return own;
  throw new NotRunnableError(`there is no SQLite that Node ${process.versions.node} could load`, {
    guidance: 'Run npm install better-sqlite3 with this Node, or use Node 22.16 or newer, which has its own.',
    context: { betterSqlite3: faults.map((fault) => messageOf(fault).split('\n', 1)[0]) },
    cause: faults[0],
  });
}

async function betterSqlite(): Promise<SqliteLibrary> {
  const { default: Database } = await import('better-sqlite3');
  // The package itself loads under any Node; only opening a database shows whether its compiled part does.
  new Database(':memory:').close();
  return {
    open(path, { readOnly }) {
      const database = new Database(path, { readonly: readOnly, fileMustExist: readOnly, timeout: 0 });
      database.defaultSafeIntegers(true);
      return {
        exec: (text) => void database.exec(text),
        prepare: (text) => betterStatement(database.prepare(text)),
        define: (name, work) => void database.function(name, { deterministic: true }, work),
        close: () => void database.close(),
      };
    },
  };
}

function betterStatement(statement: BetterSqlite.Statement): SqliteStatement {
  const columns = statement.reader ? statement.raw(true).columns() : [];
  return {
    columns,
    run: (values) => statement.run(...values).changes,
    rows: (values) => statement.iterate(...values) as IterableIterator<readonly SqliteValue[]>,
  };
}

function nodeSqlite(): SqliteLibrary | undefined {
  const module: unknown = process.getBuiltinModule?.('node:sqlite');
  if (!isNodeSqlite(module)) return undefined;
  const { DatabaseSync } = module;
  return {
    open(path, { readOnly }) {
      const database = new DatabaseSync(path, { readOnly });
      return {
        exec: (text) => database.exec(text),
        prepare(text) {
          const statement = database.prepare(text);
          // What follows the first statement it would pass over in silence.
          if (!isNoStatement(text.slice(statement.sourceSQL.length))) {
            throw new RangeError('there is more than one statement');
          }
          return nodeStatement(statement);
        },
        define: (name, work) =>
          database.function(name, { deterministic: true, useBigIntArguments: true }, work),
        close: () => database.close(),
      };
    },
  };
}

function nodeStatement(statement: NodeStatement): SqliteStatement {
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  return {
    columns: statement.columns(),
    run: (values) => Number(statement.run(...values).changes),
    rows: (values) => statement.iterate(...values),
  };
}

/** What is used of `node:sqlite`, which the types of the oldest Node do not know. */
interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: { readonly readOnly: boolean }) => NodeDatabase;
}

interface NodeDatabase {
  exec(text: string): void;
  prepare(text: string): NodeStatement;
  function(
    name: string,
    options: { readonly deterministic: boolean; readonly useBigIntArguments: boolean },
    work: (value: unknown) => SqliteValue,
  ): void;
  close(): void;
}

interface NodeStatement {
  /** The text of the statement, without what follows it. */
  readonly sourceSQL: string;
  setReadBigInts(enabled: boolean): void;
  setReturnArrays(enabled: boolean): void;
  columns(): readonly SqliteColumn[];
  run(...values: readonly SqliteValue[]): { readonly changes: number | bigint };
  iterate(...values: readonly SqliteValue[]): IterableIterator<readonly SqliteValue[]>;
}

/** Before Node 22.16 its statements could not say what their columns are. */
function isNodeSqlite(module: unknown): module is NodeSqlite {
  if (typeof module !== 'object' || module === null || !('StatementSync' in module)) return false;
  const { StatementSync: statement } = module;
  return typeof statement === 'function' && 'columns' in statement.prototype;
}
