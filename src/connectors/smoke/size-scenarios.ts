import { fields, type Scenario, type ScenarioStream, text, types } from './scenario.ts';

const megabyte = 1024 * 1024;
const wide = Array.from({ length: 1000 }, (_, index) => `column_${index}`);
const kinds = [types.string, types.integer, types.number, types.boolean];

/** Much of something. */
export const sizeScenarios: readonly Scenario[] = [
  {
    name: 'wide_rows',
    about: 'a thousand columns of four types',
    streams: [
      {
        name: 'wide_rows',
        schema: fields(
          Object.fromEntries(wide.map((name, index) => [name, kinds[index % 4] ?? types.string])),
        ),
        syncs: [
          {
            *rows() {
              for (const row of [1, 2]) yield `{${wide.map((name, at) => `"${name}":${cellOf(at, row)}`)}}`;
              yield '{"column_999":true}';
            },
          },
        ],
      },
    ],
  },
  {
    name: 'large_rows',
    about: 'twenty rows of 200 kB',
    streams: [counted('large_rows', 20, 200 * 1024)],
  },
  {
    name: 'many_streams',
    about: 'sixty streams, their records in turn',
    streams: Array.from({ length: 60 }, (_, index) => counted(`one_of_many_${index + 1}`, 25, 20)),
  },
  {
    name: 'large_record',
    about: 'a record of 10 MB, between two small ones',
    isSlow: true,
    streams: [
      {
        name: 'large_record',
        schema: fields({ id: types.integer, text: types.string }),
        syncs: [
          {
            *rows() {
              yield '{"id":1,"text":"before"}';
              yield `{"id":2,"text":${text('large '.repeat((10 * megabyte) / 6))}}`;
              yield '{"id":3,"text":"after"}';
            },
          },
        ],
      },
    ],
  },
  manyRecords(100_000),
];

/** A stream of so many records, with states in between. */
export function manyRecords(count: number): Scenario {
  return {
    name: 'many_records',
    about: `${count.toLocaleString('en')} records of one stream, with states in between`,
    isSlow: true,
    streams: [counted('many_records', count, 100)],
  };
}

/** Records that differ by their number and are so many bytes long. */
function counted(name: string, count: number, bytes: number): ScenarioStream {
  const padding = 'x'.repeat(bytes);
  return {
    name,
    schema: fields({ id: types.integer, stream: types.string, padding: types.string }),
    syncs: [
      {
        *rows() {
          for (let id = 1; id <= count; id += 1) {
            yield `{"id":${id},"stream":"${name}","padding":"${padding}"}`;
          }
        },
      },
    ],
  };
}

function cellOf(column: number, row: number): string {
  return (
    [text(`${row}/${column}`), String(column * row), `${column}.5`, String(column % 8 === 3)][column % 4] ??
    ''
  );
}
