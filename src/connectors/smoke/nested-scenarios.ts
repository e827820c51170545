import { bringing, fields, rowsOf, type Scenario, text, types, valuesOf } from './scenario.ts';

const depth = 100;
const arrayOf = (items: Readonly<Record<string, unknown>>) => ({ type: ['null', 'array'], items });

/** Arrays, objects, unions, and what has no schema. */
export const nestedScenarios: readonly Scenario[] = [
  {
    name: 'arrays',
    about: 'arrays of every type, empty, mixed, of arrays, with nulls, of 10,000 items',
    streams: [
      valuesOf('arrays', types.array, [
        ...['[]', '[null]', '[[]]', '[[[1]],[]]', '[1,"a",null,true,{"b":[2.5]}]', '[{},{}]', '[""]'],
        JSON.stringify(Array.from({ length: 10_000 }, (_, index) => index)),
      ]),
      valuesOf('arrays_of_texts', arrayOf(types.string), ['["a","b"]', '[]', '["",null,"\\"",","]']),
      valuesOf('arrays_of_integers', arrayOf(types.integer), ['[1,2,3]', '[9223372036854775807,null]']),
      valuesOf('arrays_of_numbers', arrayOf(types.number), ['[1.5,2]', '[1.0,-0,1e3,5e-324]']),
      valuesOf('arrays_of_booleans', arrayOf(types.boolean), ['[true,false,null]']),
      valuesOf('arrays_of_times', arrayOf(types.timestamp), ['["2024-01-31T10:30:00.5+05:30"]']),
      valuesOf('arrays_of_objects', arrayOf(fields({ a: types.integer })), ['[{"a":1},{"a":null},{}]']),
    ],
  },
  {
    name: 'objects',
    about: 'empty objects, the order of keys, odd keys, exact numbers inside',
    streams: [
      valuesOf('objects', types.object, [
        ...['{}', '{"b":1,"a":{"c":null}}', '{"10":1,"9":2,"a":3}', '{"":""}', '{"a":{"a":{"a":{}}}}'],
        ...['{"n":9007199254740993,"d":1.0,"z":-0}', '{"d":12345678901234567890.123456789}'],
        ...['{"__proto__":1,"constructor":2}', '{"a b":1,"a.b":2,"A":3,"a":4,"\\"":5,"😀":6}'],
      ]),
      valuesOf(
        'objects_with_fields',
        { ...fields({ street: types.string, zip: types.integer }), type: ['null', 'object'] },
        ['{"street":"Main","zip":1}', '{"zip":null}', '{}', '{"street":"x","more":[1]}'],
      ),
    ],
  },
  {
    name: 'deep_nesting',
    about: `arrays and objects ${depth} deep`,
    streams: [
      valuesOf('deep_nesting', types.object, [`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`]),
      valuesOf('deep_arrays', types.array, [`${'['.repeat(depth)}${']'.repeat(depth)}`]),
    ],
  },
  {
    name: 'unions',
    about: 'values of several types in one column, declared in each way',
    streams: [
      valuesOf('unions', types.union, ['"x"', '5', 'true', '{"a":[1.5]}', '"5"', 'null']),
      valuesOf('type_lists', { type: ['null', 'string', 'integer', 'boolean'] }, [
        '"x"',
        '5',
        'true',
        'null',
      ]),
      valuesOf('any_of', { anyOf: [{ type: 'string' }, { type: 'array' }] }, ['"x"', '["x"]', '"[]"']),
      valuesOf('string_or_object', { type: ['string', 'object'] }, ['"{}"', '{}', '{"a":1}', '"x"']),
      valuesOf('no_type', {}, ['1', '"1"', 'null', '[1]', '{"a":1}', 'true', '1.0']),
    ],
  },
  {
    name: 'wrong_types',
    about: 'values of another type than their column is declared to have',
    streams: [
      valuesOf('no_integers', types.integer, ['"5"', '1.5', '"x"', 'true', '[]', '{}', '5.0', '1e3']),
      valuesOf('no_numbers', types.number, ['"1.5"', '"x"', 'false', '[1]']),
      valuesOf('no_booleans', types.boolean, ['"true"', '1', '0', '"x"']),
      valuesOf('no_texts', types.string, ['5', 'true', '1.0', '[1]', '{"a":1}']),
      valuesOf(
        'no_times',
        types.timestamp,
        ['yesterday', '', '2023-02-29T00:00:00Z', '2024-01-31'].map(text),
      ),
      valuesOf('no_dates', types.date, [text('2023-02-29'), text('31.01.2024'), '20240131', '""']),
      valuesOf('no_arrays', types.array, ['{"a":1}', '"[]"', '1']),
      valuesOf('no_objects', types.object, ['[1]', '"{}"', 'true']),
    ],
  },
  {
    name: 'unknown_fields',
    about: 'fields that the schema does not name',
    streams: [
      rowsOf('unknown_fields', { id: types.integer }, [
        '{"id":1}',
        '{"id":2,"more":"text","nested":{"a":1}}',
        '{"id":3,"more":1.0,"CamelCase":true,"with space":null}',
      ]),
    ],
  },
  {
    name: 'no_schema',
    about: 'streams whose schema names no fields at all',
    streams: [
      {
        name: 'no_schema',
        schema: { type: 'object' },
        syncs: [bringing('{"id":1,"a":"x"}', '{"id":2,"b":[1.0]}', '{"id":3}')],
      },
      {
        name: 'no_properties',
        schema: { type: 'object', properties: {}, additionalProperties: true },
        syncs: [bringing('{"id":1,"a":"x"}')],
      },
    ],
  },
];
