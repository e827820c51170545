import { keyed } from './key-scenarios.ts';
import { bringing, fields, type Scenario, text, types } from './scenario.ts';

const row = (id: number, name: string) => `{"id":${id},"name":${text(name)}}`;
const plain = fields({ id: types.integer, name: types.string });
const versioned = { id: types.integer, version: types.integer, name: types.string };

/** What becomes of the rows of earlier syncs. */
export const writeScenarios: readonly Scenario[] = [
  {
    name: 'append',
    about: 'a second sync adds to the first; rows that are alike are all kept',
    write: 'append',
    streams: [
      {
        name: 'append',
        schema: plain,
        syncs: [
          bringing(row(1, 'twice'), row(1, 'twice'), row(2, 'once')),
          bringing(row(1, 'twice'), row(3, 'later')),
        ],
      },
    ],
  },
  {
    name: 'replace',
    about: 'each of three syncs replaces what was there, also by fewer rows and by none',
    write: 'replace',
    streams: [
      {
        name: 'replace',
        schema: plain,
        syncs: [
          bringing(row(1, 'old'), row(2, 'old'), row(3, 'old')),
          bringing(row(1, 'new')),
          bringing(row(4, 'newest'), row(5, 'newest')),
        ],
      },
      {
        name: 'replaced_by_nothing',
        schema: plain,
        syncs: [bringing(row(1, 'old')), bringing(row(1, 'new'), row(2, 'new')), bringing()],
      },
    ],
  },
  {
    name: 'replace_after_failure',
    about: 'a source that fails halfway leaves what was there; the next sync replaces it',
    write: 'replace',
    streams: [
      {
        name: 'replace_after_failure',
        schema: plain,
        syncs: [
          bringing(row(1, 'first'), row(2, 'first')),
          { ...bringing(row(1, 'of the failed sync'), row(3, 'of the failed sync')), fails: true },
          bringing(row(1, 'third'), row(4, 'third')),
        ],
      },
    ],
  },
  {
    name: 'merge_after_failure',
    about: 'a source that fails halfway, and sends the same rows again at the next sync',
    write: 'merge',
    streams: [
      {
        ...keyed('merge_after_failure', versioned, [['id']], []),
        syncs: [
          bringing('{"id":1,"version":1}', '{"id":2,"version":1}'),
          { ...bringing('{"id":1,"version":2}', '{"id":3,"version":1}'), fails: true },
          bringing('{"id":1,"version":2}', '{"id":3,"version":1}', '{"id":4,"version":1}'),
        ],
      },
    ],
  },
  {
    name: 'new_and_gone_fields',
    about: 'a schema that gets a field and loses one between two syncs',
    write: 'append',
    streams: [
      {
        name: 'new_and_gone_fields',
        schema: fields({ id: types.integer, old: types.string }),
        syncs: [
          bringing('{"id":1,"old":"x"}'),
          {
            ...bringing('{"id":2,"new":"y","object":{"a":1}}', '{"id":3}'),
            schema: fields({ id: types.integer, new: types.string, object: types.object }),
          },
        ],
      },
    ],
  },
  {
    name: 'changed_types',
    about: 'a field that becomes text, and an integer that becomes a number, between two syncs',
    write: 'append',
    isRefusable: true,
    streams: [
      {
        name: 'changed_types',
        schema: fields({ id: types.integer, code: types.integer, amount: types.integer }),
        syncs: [
          bringing('{"id":1,"code":7,"amount":2}'),
          {
            ...bringing('{"id":2,"code":"7a","amount":2.5}'),
            schema: fields({ id: types.integer, code: types.string, amount: types.number }),
          },
        ],
      },
    ],
  },
];
