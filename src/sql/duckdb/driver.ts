import type { Driver } from '../driver.ts';

export interface DuckDbOptions {
  /** The database file, `:memory:`, or a MotherDuck connection string. */
  readonly path: string;
  readonly readOnly?: boolean;
  /** How long to wait for another process that holds the file. */
  readonly lockTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Opens a DuckDB database. The heavy library is loaded here, not before. */
export declare function openDuckDb(options: DuckDbOptions): Promise<Driver>;
