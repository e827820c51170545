import type { Session, StagedRows, StagingSource, StatementOptions } from './driver.ts';
import type { StreamTable } from './stream-table.ts';

/** How staged rows enter the table. A replacing stream appends to its side table (`sideTable`), swapped in at the end. */
export type LandStrategy = 'append' | 'merge';

/** What differs between the table as it is and as it is wanted, and was settled. */
export interface Evolution {
  readonly created: boolean;
  readonly added: readonly string[];
  readonly widened: readonly string[];
  /** Columns whose type could be neither kept nor widened: values that do not fit them are nulled and marked. */
  readonly kept: readonly string[];
  /** The table as it now is: land rows by this one. */
  readonly table: StreamTable;
}

/** Makes the table, or brings it up to date: new columns appear, safe widenings happen, vanished columns stay. */
export declare function prepareTable(
  session: Session,
  table: StreamTable,
  options?: StatementOptions,
): Promise<Evolution>;

/** Stages the files and moves their rows into the table; run it in a transaction. */
export declare function landRecords(
  session: Session,
  source: StagingSource,
  strategy: LandStrategy,
  options?: StatementOptions,
): Promise<StagedRows>;

/** Where a replacing stream gathers until it is complete. */
export declare function sideTable(table: StreamTable): StreamTable;

/** Puts the side table in the place of the table, in one step; run it in a transaction. */
export declare function swapIn(
  session: Session,
  table: StreamTable,
  options?: StatementOptions,
): Promise<void>;
