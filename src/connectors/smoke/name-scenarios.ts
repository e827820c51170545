import { bringing, fields, rowsOf, type Scenario, type ScenarioStream, text, types } from './scenario.ts';

const columns = [
  ...['select', 'from', 'where', 'order', 'group', 'table', 'user', 'index', 'primary', 'default', 'end'],
  ...['first name', 'e-mail', 'address.city', 'price ($)', 'say "hi"', "it's", 'back\\slash', 'sla/sh'],
  ...['100%', 'semi;colon', '-- comment', 'tab\there', 'new\nline', 'comma,here', '`ticks`', '[brackets]'],
  ...[
    '{braces}',
    'CamelCase',
    'CAPITALS',
    'snake_case',
    '123',
    '1st',
    '_private',
    ' both ends ',
    '@at',
    '#no',
  ],
  ...['naïve', 'Straße', '名前', 'имя', 'a😀b', 'null', 'true', '__proto__', 'constructor', '$1', ':name'],
];
const alike = ['a b', 'a-b', 'a_b', 'A_B', 'a.b', '*', '?', '😀', ''];
const caseOnly = ['value', 'Value', 'VALUE'];
const system = ['oid', 'ctid', 'xmin', 'tableoid', 'rowid', '_rowid_', 'rownum', 'level', 'system', 'rows'];
const airbyte = ['_airbyte_raw_id', '_airbyte_extracted_at', '_airbyte_meta', '_airbyte_generation_id'];
const long = 'a_column_whose_name_is_much_longer_than_a_database_takes_'.repeat(6).slice(0, 299);

const streamNames = [
  ...['select', 'Order', 'user table', 'dotted.name', 'say "hi"', "it's", 'back\\slash', 'sla/sh', '..'],
  ...['100%', "'; drop table users; --", 'CamelCase', 'CAPITALS', '1st', '_private', 'trailing ', 'CON'],
  ...['naïve', 'Straße', '表', 'имя', 'a😀b', 'comma,here', 'new\nline', '__proto__'],
];
const longStream = 'a_stream_whose_name_is_much_longer_than_a_database_takes_'.repeat(6).slice(0, 299);

/** Names of columns, streams and namespaces. */
export const nameScenarios: readonly Scenario[] = [
  {
    name: 'column_names',
    about: 'reserved words, capitals, spaces, dots, quotes, emoji, letters of other scripts',
    streams: [named('column_names', columns)],
  },
  {
    name: 'system_column_names',
    about: 'columns that some databases have already',
    streams: [named('system_column_names', system)],
  },
  {
    name: 'long_column_names',
    about: 'two names of 300 characters that differ in the last one',
    streams: [named('long_column_names', [`${long}1`, `${long}2`])],
  },
  {
    name: 'column_names_alike',
    about: 'names that become one when all but letters and digits is dropped; may be refused',
    isRefusable: true,
    streams: [named('column_names_alike', alike)],
  },
  {
    name: 'column_names_by_case',
    about: 'names that differ by case only; may be refused',
    isRefusable: true,
    streams: [named('column_names_by_case', caseOnly)],
  },
  {
    name: 'airbyte_column_names',
    about: 'names that destinations use for columns of their own; may be refused',
    isRefusable: true,
    streams: [named('airbyte_column_names', airbyte)],
  },
  {
    name: 'stream_names',
    about: 'streams with such names, and with one of 300 characters',
    streams: [...streamNames, `${longStream}1`, `${longStream}2`].map(oneRow),
  },
  {
    name: 'stream_names_by_case',
    about: 'streams whose names differ by case only; may be refused',
    isRefusable: true,
    streams: ['by_case', 'By_Case', 'BY_CASE'].map(oneRow),
  },
  {
    name: 'stream_names_alike',
    about: 'streams whose names become one when all but letters and digits is dropped; may be refused',
    isRefusable: true,
    streams: ['by character', 'by-character', 'by_character'].map(oneRow),
  },
  {
    name: 'namespaces',
    about: 'one stream name in three namespaces',
    streams: ['a', 'b', 'Odd name'].map((namespace, index) => ({
      ...oneRow('in_namespaces', index),
      namespace,
    })),
  },
];

/** Two rows: all columns, and every second one. */
function named(name: string, fieldNames: readonly string[]): ScenarioStream {
  const cell = (field: string, index: number) => `${text(field)}:${text(`of ${field}, ${index}`)}`;
  return {
    name,
    schema: fields(Object.fromEntries(fieldNames.map((field) => [field, types.string]))),
    syncs: [
      bringing(
        `{${fieldNames.map(cell).join(',')}}`,
        `{${fieldNames.flatMap((field, index) => (index % 2 === 0 ? [cell(field, index)] : [])).join(',')}}`,
      ),
    ],
  };
}

/** A row that tells which stream it belongs to. */
function oneRow(name: string, index: number): ScenarioStream {
  return rowsOf(name, { id: types.integer, of: types.string }, [`{"id":${index},"of":${text(name)}}`]);
}
