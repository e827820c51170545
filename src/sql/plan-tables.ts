import type { ConfiguredCatalog, StreamKey } from '../protocol/catalog.ts';
import type { Dialect } from './dialect.ts';
import type { StreamTable } from './stream-table.ts';

/** The tables of a catalog's streams. Throws InputError where names would meet or a key names no field. */
export declare function planTables(
  catalog: ConfiguredCatalog,
  dialect: Dialect,
  options?: { readonly schemaName?: string; readonly tablePrefix?: string },
): ReadonlyMap<StreamKey, StreamTable>;
