import type { StreamKey } from '../protocol/catalog.ts';
import type { ConnectionEnd } from '../protocol/flow.ts';
import { lastPosition, tableId } from './cache-reader.ts';
import { readStreams } from './cache-streams.ts';
import { readCacheId } from './cache-tables.ts';
import type { PositionState } from './position-state.ts';
import type { SharedDriver } from './shared-driver.ts';
import { readMarks } from './table-marks.ts';

/** What a write asks of a cache whose records it sends on, beside the records. */
export interface CacheOrigin {
  /** Keeps the database open until it is disposed, so that the many steps of a write need not open it each. */
  hold(): Promise<AsyncDisposable>;
  /** What tells a connection from this cache from those from others, wherever its database is moved. */
  end(): Promise<ConnectionEnd>;
  /** How far each stream's table goes now. */
  positions(): Promise<ReadonlyMap<StreamKey, PositionState>>;
}

interface OriginOptions {
  readonly shared: SharedDriver;
  readonly name: string;
  readonly schema: string;
  readonly tablePrefix: string;
}

export function cacheOrigin({ shared, name, schema, tablePrefix }: OriginOptions): CacheOrigin {
  return {
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
      const positions = new Map<StreamKey, PositionState>();
      for (const { stream, table, tablePrefix: prefix } of await readStreams(driver, schema)) {
        if (prefix !== tablePrefix) continue;
        const mark = marks.get(table.name);
        const last = await lastPosition(driver, table, undefined);
        positions.set(stream, { table: tableId(mark), position: Math.max(last, mark?.lastPosition ?? 0) });
      }
      return positions;
    },
  };
}
