import { CallbackError, messageOf } from '../errors.ts';
import { columnText } from './check-value.ts';
import type { TimeType } from './column-type.ts';

/**
 * How dates and times come back: `string`, as ISO texts; `date`, dates and timestamps as a `Date`; or as whatever a
 * function makes of the text, which has one spelling: `2024-01-31T10:30:00.123456Z`.
 */
export type TimeCodec = 'string' | 'date' | ((text: string, type: TimeType) => unknown);

/** What a codec makes of a value of this type. What is no such date or time, as `infinity`, stays as it is. */
export type ReadTime = (value: unknown, type: TimeType) => unknown;

/** Undefined where texts stay texts. */
export function timeReader(codec: TimeCodec | undefined): ReadTime | undefined {
  if (codec === undefined || codec === 'string') return undefined;
  const read = codec === 'date' ? dateOf : guarded(codec);
  return (value, type) => {
    const text = typeof value === 'string' ? columnText(type, value) : undefined;
    return text === undefined ? value : read(text, type);
  };
}

/** A `Date` counts milliseconds since 1970 in UTC: what has no zone is read as UTC, and a time of day is none. */
function dateOf(text: string, type: TimeType): unknown {
  switch (type) {
    case 'date':
    case 'timestamp_with_timezone':
      return new Date(text);
    case 'timestamp_without_timezone':
      return new Date(`${text}Z`);
    case 'time_with_timezone':
    case 'time_without_timezone':
      return text;
  }
}

function guarded(codec: Exclude<TimeCodec, string>): Exclude<TimeCodec, string> {
  return (text, type) => {
    try {
      return codec(text, type);
    } catch (cause) {
      throw new CallbackError(
        `the function given as times failed on ${text} (${type}): ${messageOf(cause)}`,
        { cause },
      );
    }
  };
}
