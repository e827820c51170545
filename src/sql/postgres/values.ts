import { parseLossless } from '../../protocol/lossless-json.ts';
import type { TimeType } from '../column-type.ts';
import type { SqlRow } from '../driver.ts';
import { distinctNames } from '../names.ts';
import { readDecimal, readInteger } from '../numbers.ts';
import type { ReadTime } from '../time-codec.ts';

/** A column of a result. */
export interface ResultField {
  readonly name: string;
  /** The number of its type. */
  readonly dataTypeID: number;
}

/** Turns a row of texts, as PostgreSQL sends them, into a row as JavaScript. */
export function rowReader(
  fields: readonly ResultField[],
  readTime?: ReadTime,
): (values: readonly (string | null)[]) => SqlRow {
  const names = distinctNames(fields.map(({ name }) => name));
  const columns = fields.map(({ dataTypeID }, index) => ({
    name: names[index] ?? '',
    read: reader(dataTypeID, readTime),
  }));
  const isPlain = columns.every(({ name }) => name !== '__proto__');
  return (values) => {
    const row: Record<string, unknown> = {};
    for (let index = 0; index < columns.length; index += 1) {
      const column = columns[index];
      if (column === undefined) continue;
      const text = values[index] ?? null;
      const value = text === null || column.read === undefined ? text : column.read(text);
      if (isPlain) row[column.name] = value;
      else set(row, column.name, value);
    }
    return row;
  };
}

function set(row: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(row, name, { value, configurable: true, enumerable: true, writable: true });
}

type Read = (text: string) => unknown;

/** How a value of this type is read; undefined for those that stay texts. */
function reader(type: number, readTime: ReadTime | undefined): Read | undefined {
  const element = arrays.get(type);
  const read = scalarReader(element ?? type, readTime);
  return element === undefined ? read : (text) => readArray(text, read);
}

function scalarReader(type: number, readTime: ReadTime | undefined): Read | undefined {
  const read = scalars.get(type);
  const time = times.get(type);
  if (readTime === undefined || time === undefined) return read;
  return (text) => readTime(read === undefined ? text : read(text), time);
}

// The numbers of PostgreSQL's own types are the same in every server: see its pg_type.dat.
const scalars: ReadonlyMap<number, Read> = new Map<number, Read>([
  [16, (text) => text === 't'],
  [17, readBytes],
  [20, (text) => readInteger(BigInt(text))],
  [21, Number],
  [23, Number],
  [26, Number],
  [114, (text) => parseLossless(text)],
  [700, Number],
  [701, Number],
  [1083, readClock],
  [1114, readTimestamp],
  [1184, readTimestamp],
  [1266, readClock],
  [1700, (text) => (/\d/.test(text) ? readDecimal(text) : Number(text))],
  [3802, (text) => parseLossless(text)],
]);

const times: ReadonlyMap<number, TimeType> = new Map<number, TimeType>([
  [1082, 'date'],
  [1083, 'time_without_timezone'],
  [1114, 'timestamp_without_timezone'],
  [1184, 'timestamp_with_timezone'],
  [1266, 'time_with_timezone'],
]);

/** The types of arrays, with those of what is in them. */
const arrays: ReadonlyMap<number, number> = new Map([
  [199, 114],
  [1000, 16],
  [1001, 17],
  [1005, 21],
  [1007, 23],
  [1009, 25],
  [1015, 1043],
  [1016, 20],
  [1021, 700],
  [1022, 701],
  [1028, 26],
  [1115, 1114],
  [1182, 1082],
  [1183, 1083],
  [1185, 1184],
  [1231, 1700],
  [1270, 1266],
  [2951, 2950],
  [3807, 3802],
]);

function readBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.slice(2), 'hex'));
}

/** `2024-01-31 10:30:00.5+00` in the one spelling of times.ts. Infinity stays what it is. */
function readTimestamp(text: string): string {
  const [, day, clock, fraction = '', zone, era = ''] = timestamp.exec(text) ?? [];
  if (day === undefined) return text;
  return `${day}T${clock}${spelled(fraction)}${zone === undefined ? '' : 'Z'}${era}`;
}

/** `10:30:00.5-03` in the one spelling of times.ts. */
function readClock(text: string): string {
  const [, clock, fraction = '', zone = ''] = clockTime.exec(text) ?? [];
  if (clock === undefined) return text;
  const offset = zone === '+00' ? 'Z' : zone.length === 3 ? `${zone}:00` : zone;
  return `${clock}${spelled(fraction)}${offset}`;
}

const timestamp = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?(\+00)?( BC)?$/;
const clockTime = /^(\d\d:\d\d:\d\d)(\.\d+)?([+-][\d:]+)?$/;

/** No digits, three or six. */
function spelled(fraction: string): string {
  if (fraction === '') return '';
  return fraction.length <= 4 ? fraction.padEnd(4, '0') : fraction.padEnd(7, '0');
}

/** `{1,NULL,"a \"b\""}`, with arrays in arrays; bounds that do not begin at 1 are left out. */
function readArray(text: string, read: Read | undefined): unknown {
  let place = text.startsWith('[') ? text.indexOf('=') + 1 : 0;
  return readList();

  function readList(): readonly unknown[] {
    const items: unknown[] = [];
    place += 1;
    while (place < text.length && text[place] !== '}') {
      items.push(text[place] === '{' ? readList() : readItem());
      if (text[place] === ',') place += 1;
    }
    place += 1;
    return items;
  }

  function readItem(): unknown {
    if (text[place] === '"') {
      const [whole = '""'] = quoted.exec(text.slice(place)) ?? [];
      place += whole.length;
      const item = whole.slice(1, -1).replaceAll(/\\(.)/gs, '$1');
      return read === undefined ? item : read(item);
    }
    const end = text.slice(place).search(/[,}]/);
    const item = text.slice(place, place + end);
    place += item.length;
    if (item === 'NULL') return null;
    return read === undefined ? item : read(item);
  }
}

const quoted = /^"(?:[^"\\]|\\.)*"/s;
