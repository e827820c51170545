import { type Scenario, text, types, valuesOf } from './scenario.ts';

const walls = [
  ...[
    '2024-01-31T10:30:00',
    '2024-01-31T10:30:00.5',
    '2024-01-31T10:30:00.123',
    '2024-01-31T10:30:00.123456',
  ],
  ...['2024-02-29T23:59:59', '2024-03-31T02:30:00', '1970-01-01T00:00:00', '1969-12-31T23:59:59.999999'],
  ...[
    '1900-01-01T00:00:00',
    '0001-01-01T00:00:00',
    '9999-12-31T23:59:59.999999',
    '2024-01-31T10:30:00.120000',
  ],
];
const instants = [
  ...walls.map((wall) => `${wall}Z`),
  ...['2024-01-31T10:30:00+00:00', '2024-01-31T10:30:00.000Z', '2024-01-31T10:30:00+05:30'],
  ...['2024-01-31T10:30:00-11:00', '2024-01-31T10:30:00+14:00', '2024-06-30T23:30:00.123456-03:30'],
];

/** Dates and times. */
export const timeScenarios: readonly Scenario[] = [
  {
    name: 'dates',
    about: 'dates from year 1 to year 9999',
    streams: [
      valuesOf(
        'dates',
        types.date,
        [
          ...['2024-02-29', '2023-12-31', '2000-02-29', '1970-01-01', '1969-12-31', '1900-03-01'],
          ...['1582-10-10', '0100-01-01', '0001-01-01', '9999-12-31'],
        ].map(text),
      ),
    ],
  },
  {
    name: 'timestamps_with_offset',
    about: 'instants in UTC and at offsets, with no fraction to six digits, declared in both ways',
    streams: [
      valuesOf('timestamps_with_offset', types.timestamp, instants.map(text)),
      valuesOf('timestamps_by_default', types.plainTimestamp, instants.map(text)),
    ],
  },
  {
    name: 'timestamps_without_offset',
    about: 'times of the wall clock, some of which do not exist in some zones',
    streams: [valuesOf('timestamps_without_offset', types.wallClock, walls.map(text))],
  },
  {
    name: 'times_of_day',
    about: 'times of day, with and without offset',
    streams: [
      valuesOf(
        'times_of_day',
        types.time,
        ['00:00:00', '23:59:59', '12:34:56.7', '12:34:56.789', '23:59:59.999999'].map(text),
      ),
      valuesOf(
        'times_with_offset',
        types.zonedTime,
        ['00:00:00Z', '10:00:00+00:00', '10:00:00.250-03:30', '23:59:59.999999+14:00'].map(text),
      ),
    ],
  },
  {
    name: 'nanoseconds',
    about: 'fractions of nine digits, which most databases cut to six',
    streams: [
      valuesOf('nanoseconds', types.timestamp, [text('2024-01-31T10:30:00.123456789Z')]),
      valuesOf('wall_nanoseconds', types.wallClock, [text('2024-01-31T10:30:00.123456789')]),
    ],
  },
  {
    name: 'far_years',
    about: 'years before Christ and after 9999',
    streams: [
      valuesOf('far_dates', types.date, ['0044-03-15 BC', '4712-01-01 BC', '10000-01-01'].map(text)),
      valuesOf(
        'far_timestamps',
        types.timestamp,
        ['0044-03-15T12:00:00Z BC', '10000-01-01T00:00:00Z'].map(text),
      ),
    ],
  },
];
