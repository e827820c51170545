import type { FieldPath } from '../../protocol/catalog.ts';
import type { JsonSchema } from '../authoring/define-source.ts';
import { bringing, fields, type Scenario, type ScenarioStream, text, types } from './scenario.ts';

const versioned = { id: types.integer, version: types.integer, name: types.string };
const textKeys = ['a', 'A', 'a ', ' a', '\u00e1', 'a\u0301', '', '0', '00', '1', '1.0', 'null', 'ß', 'ss'];
const integerKeys = [
  ...['0', '1', '-1', '9007199254740992', '9007199254740993'],
  ...['9223372036854775806', '9223372036854775807', '-9223372036854775808'],
];
const timeKeys = ['2024-01-31T10:30:00Z', '2024-01-31T10:30:00.000001Z', '2024-01-31T10:30:01Z'];

/** Rows that replace others by their key. */
export const keyScenarios: readonly Scenario[] = [
  {
    name: 'updates',
    about:
      'rows that replace others with their key, in one sync and over two; values that become null or absent',
    write: 'merge',
    streams: [
      keyed(
        'updates',
        versioned,
        [['id']],
        [
          [
            '{"id":1,"version":1,"name":"first"}',
            '{"id":2,"version":1,"name":"stays"}',
            '{"id":3,"version":1,"name":"becomes null"}',
            '{"id":4,"version":1,"name":"goes"}',
            '{"id":1,"version":2,"name":"second"}',
          ],
          [
            '{"id":1,"version":3,"name":"third"}',
            '{"id":3,"version":2,"name":null}',
            '{"id":4,"version":2}',
            '{"id":5,"version":1,"name":"new"}',
          ],
          ['{"id":5,"version":1,"name":"the same version, later"}'],
        ],
      ),
    ],
  },
  {
    name: 'late_updates',
    about: 'an older version that comes after a newer one does not replace it',
    write: 'merge',
    streams: [
      keyed(
        'late_updates',
        versioned,
        [['id']],
        [
          [
            '{"id":1,"version":9,"name":"new"}',
            '{"id":1,"version":3,"name":"old"}',
            '{"id":2,"version":5,"name":"new"}',
          ],
          ['{"id":2,"version":4,"name":"old"}', '{"id":1,"version":10,"name":"newest"}'],
        ],
      ),
    ],
  },
  {
    name: 'keys_that_differ_little',
    about:
      'keys that some stores take for one: by case, by spaces at the end, beyond 53 bits, by a microsecond',
    write: 'merge',
    streams: [
      ofKeys('text_keys', types.string, textKeys.map(text)),
      ofKeys('integer_keys', types.integer, integerKeys),
      ofKeys('time_keys', types.timestamp, timeKeys.map(text)),
      ofKeys('boolean_keys', types.boolean, ['true', 'false']),
    ],
  },
  {
    name: 'composite_keys',
    about: 'keys of two columns, and of three',
    write: 'merge',
    streams: [
      keyed(
        'composite_keys',
        { ...versioned, a: types.string, b: types.string },
        [['a'], ['b']],
        [
          [
            '{"a":"x","b":"yz","version":1}',
            '{"a":"xy","b":"z","version":1}',
            '{"a":"x","b":"y","version":1}',
            '{"a":"x","b":"yz","version":2}',
          ],
          ['{"a":"xy","b":"z","version":2}', '{"a":"","b":"xyz","version":1}'],
        ],
      ),
      keyed(
        'three_keys',
        { ...versioned, a: types.string, b: types.boolean },
        [['id'], ['a'], ['b']],
        [
          ['{"id":1,"a":"x","b":true,"version":1}', '{"id":1,"a":"x","b":false,"version":1}'],
          ['{"id":1,"a":"x","b":true,"version":2}'],
        ],
      ),
    ],
  },
  {
    name: 'nested_keys',
    about: 'a key inside an object; may be refused',
    write: 'merge',
    isRefusable: true,
    streams: [
      keyed(
        'nested_keys',
        { ...versioned, ref: fields({ id: types.integer }) },
        [['ref', 'id']],
        [
          ['{"ref":{"id":1},"version":1}', '{"ref":{"id":2},"version":1}'],
          ['{"ref":{"id":1},"version":2}', '{"ref":{"id":3,"more":true},"version":1}'],
        ],
      ),
    ],
  },
  {
    name: 'null_keys',
    about:
      'rows whose key is null or absent: of these the last stays, for null is a key like any other; may be refused',
    write: 'merge',
    isRefusable: true,
    streams: [
      keyed(
        'null_keys',
        versioned,
        [['id']],
        [
          ['{"id":null,"version":1}', '{"id":1,"version":1}', '{"version":2}'],
          ['{"id":null,"version":3,"name":"stays"}'],
        ],
      ),
    ],
  },
];

type Lines = readonly string[];

/** A stream with a key, whose cursor is `version`. */
export function keyed(
  name: string,
  properties: Readonly<Record<string, JsonSchema>>,
  primaryKey: readonly FieldPath[],
  syncs: readonly Lines[],
): ScenarioStream {
  return {
    name,
    schema: fields(properties),
    primaryKey,
    cursor: 'version',
    syncs: syncs.map((rows) => bringing(...rows)),
  };
}

/** Every key once, and every second one once more. */
function ofKeys(name: string, type: JsonSchema, keys: Lines): ScenarioStream {
  const row = (version: number) => (key: string) => `{"key":${key},"version":${version},"name":${text(key)}}`;
  const again = keys.filter((_, index) => index % 2 === 0);
  return keyed(
    name,
    { key: type, version: types.integer, name: types.string },
    [['key']],
    [keys.map(row(1)), again.map(row(2))],
  );
}
