import type { ColumnType } from './column-type.ts';

/** The table of one stream, as it is wanted: names already fit the engine and meet nobody else's. */
export interface StreamTable {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly StreamColumn[];
  /** Columns of the key, in order; a part of a key that lies deeper in an object has a path of several fields. */
  readonly primaryKey: readonly ColumnPath[];
  /** The cursor, by which the later of two rows with one key is known; undefined where arrival alone decides. */
  readonly cursor: ColumnPath | undefined;
}

/** One top-level field of the stream's schema and the column that holds it. */
export interface StreamColumn {
  /** As the source calls it. */
  readonly field: string;
  /** As the table calls it. */
  readonly name: string;
  readonly type: ColumnType;
  /** Rows that came while the stream had no such field: there, NULL is no null. */
  readonly absentIn?: readonly PositionRange[] | undefined;
}

/** A value in a row: a column, and, inside an object, the fields that lead to it. */
export interface ColumnPath {
  readonly column: string;
  readonly path: readonly string[];
  readonly type: ColumnType;
}

/** The columns that every table of ours has besides the stream's own; their names cannot be taken by a field. */
export const metaColumns = {
  rawId: '_airbyte_raw_id',
  extractedAt: '_airbyte_extracted_at',
  meta: '_airbyte_meta',
  generationId: '_airbyte_generation_id',
  /** The order in which rows came, over the whole life of the table; a merged row gets a new number. */
  position: '_sluice_position',
  /** How the record was spelled, where that is all that the columns do not say (see row-form.ts). */
  form: '_sluice_form',
  /** The RECORD line as it came, where the columns alone would not give its data back; otherwise null. */
  raw: '_sluice_raw',
} as const;

/** Which rows of a table: those behind one position, up to and including another. */
export interface PositionRange {
  readonly after: number;
  readonly upTo: number;
}

/** Begins the name of a table in which a replacing stream gathers. */
export const sidePrefix = '_sluice_next_';
