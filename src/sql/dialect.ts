import type { ColumnType } from './column-type.ts';
import type { Notation, Sql } from './sql.ts';
import type { PositionRange, StreamColumn, StreamTable } from './stream-table.ts';

/** What an engine can do and how it spells things: data, so that one language serves every engine. */
export interface Dialect extends Notation {
  /** The engine's name for people: `DuckDB`. */
  readonly name: string;
  /** The schema that is meant where none is named. */
  readonly defaultSchema: string;
  /** How long a name may be, in UTF-8 bytes. */
  readonly identifierBytes: number;
  /** Whether names that differ only by case are one name. */
  readonly foldsCase: boolean;
  /** Names of columns that the engine keeps for itself; a field of such a name gets an underscore behind it. */
  readonly ownColumns?: ReadonlySet<string> | undefined;
  /** Whether CREATE, ALTER and DROP roll back with the transaction they stand in. */
  readonly transactionalDdl: boolean;
  /** Whether a text can hold U+0000. Where it cannot, the character is left out, and the row says so. */
  readonly holdsNul: boolean;
  /** How large a row may be; undefined where any record fits. */
  readonly rowLimit?: RowLimit;
  /** The engine's type for each of ours. */
  readonly types: Readonly<Record<ColumnType, string>>;
  /** What the engine calls the types of our own columns (meta columns, state tables). */
  readonly meta: Readonly<
    Record<'text' | 'integer' | 'small' | 'json' | 'instant' | 'uuid' | 'position', string>
  >;
  /** Our type for a column as the engine describes it; undefined for one that we never make. */
  columnType(engineType: string): ColumnType | undefined;
  /** An expression that makes a new `_airbyte_raw_id`: a UUIDv7. */
  readonly newRawId: string;
  /** The value that lies under these fields in a JSON column, as this type; NULL where there is none. */
  pathValue(column: Sql, path: readonly string[], type: ColumnType): Sql;
  /** A value as what can be compared and sorted, the same in every database: texts by their characters alone. */
  comparable(value: Sql, type: ColumnType): Sql;
  /** Whether two comparable values are the same, where NULL is a value like any other. */
  same(one: Sql, other: Sql): Sql;
  /**
   * Makes this transaction wait for any other one that has said the same name, also of another process. Undefined
   * where transactions that write take turns by themselves.
   */
  takeTurns?(name: string): Sql;
  /** Changes a column's type, keeping its values, as `widerType` allows: statements in order. */
  widenColumn(table: Sql, column: string, from: ColumnType, to: ColumnType): readonly Sql[];
  /** Deletes the rows of a table (`t`) that match any of the staged ones (`s`). */
  deleteMatched(table: Sql, staged: Sql, match: Sql): Sql;
  /** An index of the key, where the engine finds the rows of a key by nothing else; made before rows are merged. */
  readonly keyIndex?: { create(table: StreamTable): Sql; drop(table: StreamTable): Sql } | undefined;
  /** A statement that writes the rows of another to a Parquet file; absent where the engine cannot. */
  readonly parquet?: ((select: Sql, path: string) => Sql) | undefined;
  /**
   * How the engine writes the RECORD lines of many rows by itself, each as `recordLine` says; absent where it cannot.
   * `head` is what stands before the data.
   */
  readonly bulkLines?: ((table: StreamTable, head: string, range: PositionRange) => BulkLines) | undefined;
  /** How many bytes of them to ask for at a time, where it is not as many as are quickest. */
  readonly bulkLinesBytes?: number | undefined;
}

/**
 * Statements with one row of answer, the quickest first: `rows` in the range, how many of them are `doubtful` because the
 * engine cannot spell them exactly, the `last` position, and `lines`, all lines in order, each with its newline, as bytes
 * or a text; NULL where one is doubtful, or where a quick statement did not come upon them in order.
 */
export type BulkLines = readonly Sql[];

/** What an engine takes in one row, however much of it lies elsewhere. */
export interface RowLimit {
  readonly bytes: number;
  /** So many columns fit, whatever they hold. */
  readonly safeColumns: number;
  /** What these values take of it. */
  bytesOf(columns: readonly StreamColumn[], values: readonly (string | null)[]): number;
}
