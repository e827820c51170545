import type { Row } from '../protocol/messages.ts';
import type { SqlRow } from './driver.ts';
import type { Sql } from './sql.ts';
import type { StreamTable } from './stream-table.ts';

/** Selects a stream's rows as `rowOf` takes them, in the order in which they came. */
export declare function selectRows(table: StreamTable, options?: { readonly where?: Sql }): Sql;

/** The record's data, with the source's own field names, exactly as it came. */
export declare function rowOf(table: StreamTable, row: SqlRow): Row;
