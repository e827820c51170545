import { InputError } from '../errors.ts';
import type { Row } from '../protocol/messages.ts';
import { isTemporal } from '../sql/column-type.ts';
import type { StreamTable } from '../sql/stream-table.ts';
import { type TimeCodec, timeReader } from '../sql/time-codec.ts';

/** What a codec makes of the rows of a stream, whose columns say which fields are dates and times. */
export function timeDecoder(
  { columns }: StreamTable,
  times: TimeCodec | undefined,
): ((row: Row) => Row) | undefined {
  const read = timeReader(times);
  const fields = columns.flatMap(({ field, type }) => (isTemporal(type) ? [{ field, type }] : []));
  if (read === undefined || fields.length === 0) return undefined;
  return (row) => {
    const decoded = new Map(fields.map(({ field, type }) => [field, read(row[field], type)]));
    return Object.fromEntries(
      Object.entries(row).map(([field, value]) => [field, decoded.has(field) ? decoded.get(field) : value]),
    );
  };
}

/** Whether a value says how dates and times are to come back. */
export function isTimeCodec(value: unknown): value is TimeCodec {
  return value === 'string' || value === 'date' || typeof value === 'function';
}

/** Refuses what is no codec. */
export function checkTimes(times: unknown, who: string): void {
  if (isTimeCodec(times)) return;
  throw new InputError(`${who} takes "string", "date" or a function`, {
    guidance: 'A function is given the text of a date or time, and its type.',
  });
}
