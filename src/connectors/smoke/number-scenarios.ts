import { type Scenario, types, valuesOf } from './scenario.ts';

const integers = [
  ...['0', '1', '-1', '127', '-128', '255', '32767', '-32768', '65536'],
  ...['2147483647', '-2147483648', '2147483648', '4294967296'],
  ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993'],
  ...['9223372036854775806', '9223372036854775807', '-9223372036854775808'],
];

/** Booleans and numbers, up to the ends of what each can hold. */
export const numberScenarios: readonly Scenario[] = [
  {
    name: 'booleans',
    about: 'true, false and null',
    streams: [valuesOf('booleans', types.boolean, ['true', 'false', 'null', 'true'])],
  },
  {
    name: 'integers',
    about: 'integers to both ends of 64 bits, declared in both ways that the protocol knows',
    streams: [
      valuesOf('integers', types.integer, integers),
      valuesOf('whole_numbers', types.wholeNumber, integers),
    ],
  },
  {
    name: 'integers_beyond_64_bits',
    about: 'integers of 65 to 128 bits',
    streams: [
      valuesOf('integers_beyond_64_bits', types.integer, [
        '9223372036854775808',
        '-9223372036854775809',
        '18446744073709551615',
        '18446744073709551616',
        '-170141183460469231731687303715884105728',
        '340282366920938463463374607431768211455',
      ]),
    ],
  },
  {
    name: 'numbers',
    about: 'numbers that a double holds, as they are mostly spelled',
    streams: [
      valuesOf('numbers', types.number, [
        ...['0', '1', '-1', '1.5', '-1.5', '0.1', '0.2', '0.30000000000000004', '3.141592653589793'],
        ...['123456789.125', '1e-7', '0.000001', '4503599627370496.5', '-0.015625'],
      ]),
    ],
  },
  {
    name: 'number_spellings',
    about: '1.0 against 1, -0, zeros at the end, exponents',
    streams: [
      valuesOf('number_spellings', types.number, [
        ...['1.0', '1.50', '-0', '-0.0', '0.0', '0e0', '1e3', '1E+3', '10e-1', '100.00', '1e22', '1e21'],
      ]),
    ],
  },
  {
    name: 'number_extremes',
    about: 'the largest and the smallest doubles',
    streams: [
      valuesOf('number_extremes', types.number, [
        ...['1.7976931348623157e308', '-1.7976931348623157e308', '5e-324', '-5e-324'],
        ...['2.2250738585072014e-308', '1e308', '1e-300', '1.1e-320'],
      ]),
    ],
  },
  {
    name: 'decimals',
    about: 'decimals of up to 38 digits, which no double holds',
    streams: [
      valuesOf('decimals', types.number, [
        '12345678901234567890123456789012345678',
        '-99999999999999999999999999999999999999',
        '99999999999999999999999999999.999999999',
        '0.12345678901234567890123456789012345678',
        '123456789.123456789123456789',
        '0.1000000000000000055511151231257827',
        '9007199254740993.5',
      ]),
    ],
  },
  {
    name: 'numbers_beyond_doubles',
    about: 'numbers larger and smaller than any double',
    streams: [valuesOf('numbers_beyond_doubles', types.number, ['1e400', '-1e400', '1e-400', '1.5e999'])],
  },
];
