import type { StreamKey } from '../protocol/catalog.ts';
import type { ConnectionEnd } from '../protocol/flow.ts';
import { lastPosition, tableId } from './cache-reader.ts';
import { readStreams } from './cache-streams.ts';
import { readCacheId } from './cache-tables.ts';
import type { PositionState } from './position-state.ts';
import { type Confirmed, forgetConfirmed, noteReader, type Retention } from './retention.ts';
import type { SharedDriver } from './shared-driver.ts';
import { readMarks } from './table-marks.ts';

/** What a write asks of a cache whose records it sends on, beside the records. */
export interface CacheOrigin {
  /** Keeps the database open until it is disposed, so that the many steps of a write need not open it each. */
  hold(): Promise<AsyncDisposable>;
  /** What tells a connection from this cache from those from others, wherever its database is moved. */
  end(): Promise<ConnectionEnd>;
  /** How far each stream's table goes now. */
  positions(): Promise<ReadonlyMap<StreamKey, TablePosition>>;
  /** Notes that a destination takes streams, before it is sent any rows, and how far it has them. */
  noteReader(confirmed: Confirmed): Promise<void>;
  /** Notes how far a destination has come; what all have confirmed goes, where the cache was told to forget it. */
  noteConfirmed(confirmed: Confirmed): Promise<void>;
}

/** How far a stream's table goes, and up to which position its rows have been forgotten. */
export interface TablePosition extends PositionState {
  readonly forgotten: number;
}

interface OriginOptions {
  readonly shared: SharedDriver;
  readonly name: string;
  readonly schema: string;
  readonly tablePrefix: string;
  readonly retention: Retention;
  readonly readOnly: boolean;
}

export function cacheOrigin({
  shared,
  name,
  schema,
  tablePrefix,
  retention,
  readOnly,
}: OriginOptions): CacheOrigin {
  async function note(confirmed: Confirmed): Promise<void> {
    // What cannot be written to forgets nothing either.
    if (readOnly) return;
    await using use = await shared.use();
    await use.driver.transaction((session) => noteReader(session, schema, confirmed));
  }

  return {
    noteReader: note,
    async noteConfirmed(confirmed) {
      await note(confirmed);
      if (retention === 'all' || readOnly) return;
      await using use = await shared.use();
      await forgetConfirmed(use.driver, schema, tablePrefix);
    },
    hold: () => shared.use(),
    async end() {
      await using use = await shared.use();
      const id = await readCacheId(use.driver, schema);
      return {
        name,
        ...(id === undefined ? {} : { via: `cache ${id}` }),
        config: { schemaName: schema, tablePrefix },
      };
    },
    async positions() {
      await using use = await shared.use();
      const { driver } = use;
      const marks = await readMarks(driver, schema);
      const positions = new Map<StreamKey, TablePosition>();
      for (const { stream, table, tablePrefix: prefix } of await readStreams(driver, schema)) {
        if (prefix !== tablePrefix) continue;
        const mark = marks.get(table.name);
        const last = await lastPosition(driver, table, undefined);
        const position = Math.max(last, mark?.lastPosition ?? 0);
        positions.set(stream, { table: tableId(mark), position, forgotten: mark?.forgotten ?? 0 });
      }
      return positions;
    },
  };
}
