import type { StreamDescriptor } from '../protocol/catalog.ts';
import type { Dialect } from './dialect.ts';

type Naming = Pick<Dialect, 'identifierBytes' | 'foldsCase'>;

/** The columns of these fields. Throws InputError that lists the fields whose names would meet. */
export declare function columnNames(
  fields: readonly string[],
  dialect: Naming,
  stream: string,
): ReadonlyMap<string, string>;

/** The tables of these streams, by stream key. Throws InputError that lists the streams whose tables would meet. */
export declare function tableNames(
  streams: readonly StreamDescriptor[],
  dialect: Naming,
  options?: { readonly tablePrefix?: string },
): ReadonlyMap<string, string>;
