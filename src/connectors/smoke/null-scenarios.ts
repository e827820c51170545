import { bringing, fields, rowsOf, type Scenario, types } from './scenario.ts';

const everyType = {
  id: types.integer,
  a_boolean: types.boolean,
  a_number: types.number,
  a_text: types.string,
  a_date: types.date,
  a_timestamp: types.timestamp,
  a_wall_clock: types.wallClock,
  a_time: types.time,
  a_zoned_time: types.zonedTime,
  an_array: types.array,
  an_object: types.object,
  a_union: types.union,
};
const full =
  '"a_boolean":true,"a_number":1.5,"a_text":"x","a_date":"2024-01-31","a_timestamp":"2024-01-31T10:30:00Z","a_wall_clock":"2024-01-31T10:30:00","a_time":"10:30:00","a_zoned_time":"10:30:00Z","an_array":[1],"an_object":{"a":1},"a_union":"x"';
const names = Object.keys(everyType).slice(1);
const sparse = Array.from({ length: 40 }, (_, index) => `field_${index}`);

/** Every type at once, and what is not there. */
export const nullScenarios: readonly Scenario[] = [
  {
    name: 'basics',
    about: 'a few plain rows with a column of every type; when these do not arrive, nothing else is tried',
    streams: [
      rowsOf('basics', everyType, [
        `{"id":1,${full}}`,
        `{"id":2,${full}}`,
        `{"id":3,${full.replaceAll('"x"', '"y"')}}`,
      ]),
    ],
  },
  {
    name: 'nulls',
    about: 'null against absent in a column of every type; rows of nulls only, and of nothing at all',
    streams: [
      rowsOf('nulls', everyType, [
        `{"id":1,${full}}`,
        `{"id":2,${names.map((name) => `"${name}":null`).join(',')}}`,
        '{"id":3}',
        `{${names.map((name) => `"${name}":null`).join(',')},"id":4}`,
        ...names.map((name, index) => `{"id":${index + 5},"${name}":null}`),
      ]),
      rowsOf('empty_rows', { a: types.string, b: types.integer }, ['{}', '{"a":null}', '{}', '{"b":1}']),
    ],
  },
  {
    name: 'sparse_rows',
    about: 'forty columns of which each row has one',
    streams: [
      {
        name: 'sparse_rows',
        schema: fields(Object.fromEntries(sparse.map((name) => [name, types.string]))),
        syncs: [bringing(...sparse.map((name, index) => `{"${name}":"${index}"}`))],
      },
    ],
  },
  {
    name: 'required_fields',
    about: 'columns that are declared to be never null',
    streams: [
      {
        name: 'required_fields',
        schema: {
          ...fields({ id: { type: 'integer' }, name: { type: 'string' }, list: { type: 'array' } }),
          required: ['id', 'name'],
          additionalProperties: false,
        },
        syncs: [bringing('{"id":1,"name":"","list":[]}', '{"id":2,"name":"x","list":[0]}')],
      },
    ],
  },
  {
    name: 'no_records',
    about: 'a stream without records, beside one with a single record',
    streams: [
      { name: 'no_records', schema: fields(everyType), syncs: [bringing()] },
      rowsOf('one_record', { id: types.integer }, ['{"id":1}']),
    ],
  },
];
