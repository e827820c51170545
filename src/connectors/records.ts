import { getSource, type Source } from './source.ts';
import { type RecordsOptions, recordsProgram } from './sources/records.ts';
import type { Rows } from './sources/records-rows.ts';

/** Makes a source of rows that are at hand: an array, a generator, or anything else that can be iterated. */
export function records(name: string, rows: Rows, options: RecordsOptions = {}): Source {
  return getSource(recordsProgram(name, rows, options));
}
