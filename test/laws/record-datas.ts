import fc from 'fast-check';
import { schemas } from '../sql/landing.ts';

const kinds = Object.keys(schemas);

/** A field of each kind, named for it. */
export const properties = Object.fromEntries(
  kinds.map((kind) => [kind, schemas[kind as keyof typeof schemas]]),
);

const digits = fc.stringMatching(/^[0-9]{1,22}$/).map((text) => text.replace(/^0+(?=.)/, ''));
const numbers = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc
    .tuple(fc.constantFrom('', '-'), digits, digits, fc.constantFrom('', 'e5', 'E-7', 'e400', 'e-400'))
    .map(([sign, whole, fraction, exponent]) => `${sign}${whole}.${fraction}${exponent}`),
);
const two = (max: number) => fc.integer({ min: 0, max }).map((value) => String(value).padStart(2, '0'));
const days = fc
  .tuple(fc.constantFrom('2024', '0001', '9999', '1969'), two(13), two(31))
  .map((parts) => parts.join('-'));
const clocks = fc
  .tuple(
    two(24),
    two(60),
    two(60),
    fc.constantFrom('', '.5', '.120', '.000', '.123456', '.100000', '.123456789'),
  )
  .map(([hours, minutes, seconds, fraction]) => `${hours}:${minutes}:${seconds}${fraction}`);
const zones = fc.constantFrom('', 'Z', 'Z', '+00:00', '+05:30', '-03', 'z');
const times = fc.oneof(
  days,
  fc.tuple(clocks, zones).map((parts) => parts.join('')),
  fc.tuple(days, fc.constantFrom('T', ' '), clocks, zones).map((parts) => parts.join('')),
);
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  times,
  numbers,
  fc.constantFrom('true', 'null', 'NaN', '{}', '"', '\\', '\ufeffmark'),
);
const scalars = fc.oneof(
  numbers,
  texts.map((text) => JSON.stringify(text)),
  fc.constantFrom('true', 'false', 'null'),
);
const nested = fc.oneof(
  scalars,
  fc.array(scalars, { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
  fc
    .array(fc.tuple(texts, scalars), { maxLength: 3 })
    .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`),
);

/** Values that mostly suit their column, in records that mostly have all of them. */
const fitting: Readonly<Record<string, fc.Arbitrary<string>>> = {
  string: texts.map((text) => JSON.stringify(text)),
  integer: numbers,
  number: numbers,
  date: times.map((text) => JSON.stringify(text)),
  instant: times.map((text) => JSON.stringify(text)),
  wallClock: times.map((text) => JSON.stringify(text)),
  time: times.map((text) => JSON.stringify(text)),
  zonedTime: times.map((text) => JSON.stringify(text)),
};
/** A field as JSON writes it. */
export const member = (kind: string): fc.Arbitrary<string> =>
  fc
    .oneof({ weight: 4, arbitrary: fitting[kind] ?? nested }, { weight: 1, arbitrary: nested })
    .map((value) => `"${kind}":${value}`);

/** The data of records as JSON texts: usual values, odd ones, and some that no column holds. */
export const datas = fc
  .tuple(fc.subarray(kinds, { minLength: 1 }), fc.constantFrom(',', ', '))
  .chain(([some, comma]) => fc.tuple(...some.map(member)).map((members) => `{${members.join(comma)}}`));

/** The same with one field each, which more often come back from their columns alone. */
export const smallDatas = fc
  .constantFrom(...kinds)
  .chain((kind) => member(kind))
  .map((one) => `{${one}}`);
