import { checkRow } from './check-row.ts';
import type { Dialect } from './dialect.ts';
import { stagedRow } from './staged-rows.ts';
import type { StreamTable } from './stream-table.ts';

/** Turns the RECORD lines of one stream into staged rows of its table. */
export interface RowEncoder {
  /**
   * Takes whole lines, each ended by a newline; blank ones are passed over. Throws ProtocolError for a line that is
   * not JSON that can be kept.
   */
  encode(lines: Uint8Array): EncodedRows;
}

/** Staged rows, as staged-rows.ts describes them, in the order of their lines. */
export interface EncodedRows {
  readonly bytes: Uint8Array;
  readonly rows: number;
  /** Rows of which at least one value is not in its column as it came, because the column cannot hold it. */
  readonly nulledRows: number;
  /** Bytes of the longest row. */
  readonly longest: number;
}

/** Every row is as checkRow says. */
export function encodeRows(table: StreamTable, options: EncodeOptions): RowEncoder {
  const { syncId, dialect } = options;
  return {
    encode(lines) {
      const rows: Buffer[] = [];
      let nulledRows = 0;
      let longest = 0;
      for (const line of Buffer.from(lines).toString().split('\n')) {
        if (line.trim() === '') continue;
        const checked = checkRow(line.trimEnd(), table, { syncId, dialect });
        const row = Buffer.from(stagedRow(checked, table));
        if (checked.nulled) nulledRows += 1;
        longest = Math.max(longest, row.length);
        rows.push(row);
      }
      return { bytes: Buffer.concat(rows), rows: rows.length, nulledRows, longest };
    },
  };
}

interface EncodeOptions {
  /** Written into `_airbyte_meta`. */
  readonly syncId: number;
  readonly dialect: Pick<Dialect, 'holdsNul' | 'rowLimit'>;
}
