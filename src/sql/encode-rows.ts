import { isUtf8 } from 'node:buffer';
import type { ReusedMemory } from '../protocol/reused-memory.ts';
import { checkRow } from './check-row.ts';
import type { Dialect } from './dialect.ts';
import { mayOverflow } from './fit-row.ts';
import { QuickRows } from './quick-rows.ts';
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
  /** The arrival of the first of them. */
  readonly first: number;
  /** Rows of which at least one value is not in its column as it came, because the column cannot hold it. */
  readonly nulledRows: number;
  /** Bytes of the longest row. */
  readonly longest: number;
}

interface EncodeOptions {
  /** Written into `_airbyte_meta`. */
  readonly syncId: number;
  readonly dialect: Pick<Dialect, 'holdsNul' | 'rowLimit'>;
  /** Where rows are written; whoever is done with them gives their bytes back. */
  readonly memory?: ReusedMemory | undefined;
}

/**
 * Every row is as checkRow says. Lines that are spelled as lines usually are become rows byte by byte, without being
 * parsed; checkRow itself reads the others.
 */
export function encodeRows(table: StreamTable, options: EncodeOptions): RowEncoder {
  const { syncId, dialect, memory } = options;
  const quick = new QuickRows(table, { syncId, holdsNul: dialect.holdsNul, memory });
  let arrived = 0;
  // What a row takes of an engine's limit is known only once its values are.
  const isQuick = !mayOverflow(table, options.dialect);
  return {
    encode(lines) {
      const source = asBuffer(lines);
      const isText = isUtf8(source);
      const first = arrived + 1;
      let nulledRows = 0;
      let longest = 0;
      quick.begin(source);
      for (let start = 0; start < source.length; ) {
        const newline = source.indexOf(0x0a, start);
        const end = newline < 0 ? source.length : newline;
        const before = quick.written;
        const isWhole = isQuick && newline >= 0 && (isText || isUtf8(source.subarray(start, end)));
        if (isWhole && quick.take(start, end, arrived + 1)) arrived += 1;
        else {
          const line = source.toString('utf8', start, end).trimEnd();
          if (line !== '') {
            const checked = checkRow(line, table, options);
            arrived += 1;
            quick.put(stagedRow(checked, table, arrived));
            quick.learn(line);
            if (checked.nulled) nulledRows += 1;
          }
        }
        longest = Math.max(longest, quick.written - before);
        start = end + 1;
      }
      return { bytes: quick.end(), rows: arrived - first + 1, first, nulledRows, longest };
    },
  };
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
