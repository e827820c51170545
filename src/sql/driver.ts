import type { Dialect } from './dialect.ts';
import type { Sql } from './sql.ts';
import type { StreamTable } from './stream-table.ts';
import type { TimeCodec } from './time-codec.ts';

/**
 * A row as JavaScript, by column name: numbers where nothing is lost, bigint for larger integers, LosslessNumber for
 * other decimals, ISO strings for dates and times, JSON columns parsed, null for NULL.
 */
export type SqlRow = Readonly<Record<string, unknown>>;

export interface StatementOptions {
  /** Interrupts the statement; the session stays usable. */
  readonly signal?: AbortSignal | undefined;
}

export interface RowOptions extends StatementOptions {
  /** How dates and times of the rows are read; ISO texts unless given. */
  readonly times?: TimeCodec | undefined;
}

/** Where statements are run: a database, or a transaction in it. */
export interface Queries {
  readonly dialect: Dialect;
  /** Runs a statement whose rows are not wanted; answers how many rows it changed. */
  run(statement: Sql, options?: StatementOptions): Promise<number>;
  /** All rows of a statement. */
  query(statement: Sql, options?: RowOptions): Promise<readonly SqlRow[]>;
  /** The rows of a statement, some thousands at a time, in constant memory. */
  stream(statement: Sql, options?: RowOptions): AsyncIterable<readonly SqlRow[]>;
  /** The names of a schema's tables; empty where there is no such schema. */
  tables(schema: string, options?: StatementOptions): Promise<readonly string[]>;
  /** Whether there is a schema of that name. */
  hasSchema(schema: string, options?: StatementOptions): Promise<boolean>;
  /** A table's columns in their order; undefined where there is no such table. */
  columns(
    schema: string,
    table: string,
    options?: StatementOptions,
  ): Promise<readonly EngineColumn[] | undefined>;
}

/** A transaction: besides statements, it takes rows in bulk. */
export interface Session extends Queries {
  /**
   * Lands staged rows in a staging table of this session, which has the columns of `stagedColumns`; it is gone with
   * the session or by `dropStaging`. Rows that are only to be read, and once, need not be landed before that.
   */
  loadStaging(source: StagingSource, options?: StagingOptions): Promise<StagedRows>;
  dropStaging(staged: StagedRows): Promise<void>;
  /**
   * Lands staged rows in their table itself, with numbers that follow `lastPosition`; absent where the engine has them
   * there no sooner than by a statement that reads what `loadStaging` gives.
   */
  appendRows?(source: StagingSource, lastPosition: number, options?: StatementOptions): Promise<void>;
}

/** One engine's connection to one database. */
export interface Driver extends Queries, AsyncDisposable {
  /** What it is connected to, for messages; never a secret. */
  readonly description: string;
  /**
   * Runs the work in one transaction: committed when it returns, rolled back when it throws or the signal aborts.
   * Transactions of one driver wait for each other. The driver is usable afterwards in either case.
   */
  transaction<T>(work: (session: Session) => Promise<T>, options?: StatementOptions): Promise<T>;
}

export interface EngineColumn {
  readonly name: string;
  /** As the engine describes it: `BIGINT`. */
  readonly type: string;
}

/** Records of one stream as staged rows (see staged-rows.ts), and the table whose columns they are to fill. */
export interface StagingSource {
  readonly table: StreamTable;
  readonly generationId: number;
  readonly syncId: number;
  /** Files of staged rows, in order. */
  readonly files: readonly string[];
  /** How many rows they hold, and how many bytes. */
  readonly rows: number;
  readonly bytes: number;
  /** The arrival of the first of them. */
  readonly first: number;
  /** Rows of which at least one value is not in its column as it came, because the column cannot hold it. */
  readonly nulledRows: number;
  /** No row has more bytes than this. */
  readonly longest: number;
}

export interface StagingOptions extends StatementOptions {
  /** Says that one statement will read the rows, and none will change them. */
  readonly isReadOnce?: boolean | undefined;
}

/** What has been landed: rows in order of arrival. */
export interface StagedRows {
  /** The staging table, qualified, for use in statements of this session; for rows read once, anything to select from. */
  readonly name: Sql;
  /** An expression over it that counts up, from 1 or more, as rows came. */
  readonly arrival: Sql;
  /** False where nothing has been landed that would have to be dropped. */
  readonly isTable?: boolean;
}

/** Why a statement failed: a table or column is missing, trying again may help, or it will never work. */
export type SqlFailure = 'undefined_relation' | 'transient' | 'terminal';
