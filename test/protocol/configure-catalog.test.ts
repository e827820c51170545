import { describe, expect, it } from 'vitest';
import { InputError, StreamUnknownError } from '../../src/errors.ts';
import type { Stream } from '../../src/protocol/catalog.ts';
import { type CatalogOptions, configureCatalog } from '../../src/protocol/configure-catalog.ts';

const schema = {
  type: 'object',
  properties: {
    id: {},
    at: {},
    address: { type: ['null', 'object'], properties: { city: {} } },
    anything: { type: 'object' },
    either: {
      oneOf: [
        { type: 'object', properties: { a: {} } },
        { type: 'object', properties: { b: {} } },
      ],
    },
  },
};
const keyed = { source_defined_primary_key: [['id']] };
const both = { supported_sync_modes: ['full_refresh', 'incremental'] };
const own = { source_defined_cursor: true };

function configure(stream: Partial<Stream>, options: Partial<CatalogOptions> = {}) {
  const users: Stream = {
    name: 'users',
    json_schema: schema,
    supported_sync_modes: ['full_refresh'],
    ...stream,
  };
  const { catalog, restarted, warnings } = configureCatalog(
    { streams: [users] },
    { sourceName: 'source-x', destinationName: 'destination-y', ...options },
  );
  const [configured] = catalog.streams;
  return {
    configured,
    restarted: [...restarted],
    modes: [configured?.sync_mode, configured?.destination_sync_mode],
    warnings: warnings.map(({ message }) => message),
    codes: warnings.map(({ code, stream: label }) => [code, label]),
  };
}

describe('auto', () => {
  it.each([
    ['a key and a cursor', { ...keyed, ...both, ...own }, 'incremental', 'append_dedup'],
    ['a key and no cursor', keyed, 'full_refresh', 'append_dedup'],
    ['no key and a cursor', { ...both, ...own }, 'incremental', 'append'],
    ['no key and no cursor', {}, 'full_refresh', 'overwrite'],
    [
      'a cursor that the source cannot read by',
      { default_cursor_field: ['at'] },
      'full_refresh',
      'overwrite',
    ],
    ['a default cursor', { ...both, default_cursor_field: ['at'] }, 'incremental', 'append'],
  ])('with %s', (_, stream, read, write) => {
    expect(configure(stream).modes).toEqual([read, write]);
    expect(configure(stream).warnings).toEqual([]);
  });

  it.each([
    [{ ...keyed, ...both, ...own }, ['append', 'overwrite'], 'incremental', 'append'],
    [keyed, ['append', 'overwrite'], 'full_refresh', 'overwrite'],
    [keyed, ['append'], 'full_refresh', 'append'],
    [{ ...both, ...own }, ['overwrite'], 'full_refresh', 'overwrite'],
    [{}, ['append', 'append_dedup'], 'full_refresh', 'append'],
  ])('stays within what the destination supports, and warns (%#)', (stream, supported, read, write) => {
    const { modes, warnings, codes } = configure(stream, { supportedDestinationSyncModes: supported });
    expect(modes).toEqual([read, write]);
    expect(codes).toEqual([['sync_mode_adjusted', 'users']]);
    expect(warnings[0]).toContain(`users is written by ${write}, because destination-y does not support`);
  });

  it('refuses a destination that supports no mode it could use', () => {
    expect(() => configure({}, { supportedDestinationSyncModes: ['update'] })).toThrow(
      'destination-y supports no way of writing that fits: only update',
    );
  });

  it('takes a destination that lists nothing for one that supports everything', () => {
    expect(configure(keyed, { supportedDestinationSyncModes: [] }).modes[1]).toBe('append_dedup');
  });
});

describe('a strategy that was asked for', () => {
  it.each([
    ['append', { ...keyed, ...both, ...own }, 'incremental', 'append'],
    ['merge', { ...keyed, ...both, ...own }, 'incremental', 'append_dedup'],
    ['replace', { ...keyed, ...both, ...own }, 'full_refresh', 'overwrite'],
    ['append', {}, 'full_refresh', 'append'],
  ] as const)('%s is kept (%#)', (writeStrategy, stream, read, write) => {
    expect(configure(stream, { writeStrategy }).modes).toEqual([read, write]);
  });

  it('refuses to merge without a key, naming the stream', () => {
    expect(() => configure({}, { writeStrategy: 'merge' })).toThrow(
      'stream users cannot be merged: it has no primary key',
    );
    const primaryKeys = new Map([['users', [['id']]]]);
    expect(configure({}, { writeStrategy: 'merge', primaryKeys }).modes[1]).toBe('append_dedup');
  });

  it('is an error where the destination does not support it', () => {
    const options = {
      writeStrategy: 'replace',
      supportedDestinationSyncModes: ['append', 'append_dedup'],
    } as const;
    expect(() => configure({}, options)).toThrow(
      'destination-y cannot replace (overwrite): it supports append, append_dedup',
    );
  });

  it('reads everything when that is forced, and writes as before', () => {
    const options = { forceFullRefresh: true };
    expect(configure({ ...keyed, ...both, ...own }, options).modes).toEqual(['full_refresh', 'append_dedup']);
  });
});

describe('a stream that can only be read incrementally', () => {
  const only = { supported_sync_modes: ['incremental'], ...own };

  it('is never asked for in full, and starts anew where all of it is wanted', () => {
    for (const options of [{ writeStrategy: 'replace' }, { forceFullRefresh: true }] as const) {
      const { modes, restarted } = configure(only, options);
      expect(modes[0]).toBe('incremental');
      expect(restarted).toEqual(['[null,"users"]']);
    }
    expect(configure(only)).toMatchObject({ modes: ['incremental', 'append'], restarted: [] });
    expect(configure({ ...only, ...both }, { forceFullRefresh: true }).restarted).toEqual([]);
  });
});

describe('a cursor', () => {
  const cursors = new Map([['users', ['at']]]);

  it('that was set goes before the default', () => {
    const { configured } = configure({ ...both, default_cursor_field: ['id'] }, { cursors });
    expect(configured?.cursor_field).toEqual(['at']);
    expect(configured?.sync_mode).toBe('incremental');
  });

  it('of the source goes before the one that was set, with a warning', () => {
    const { configured, warnings } = configure(
      { ...both, ...own, default_cursor_field: ['id'] },
      { cursors },
    );
    expect(configured?.cursor_field).toEqual(['id']);
    expect(warnings).toEqual(['users: the cursor set is not used: the source defines its own']);
  });

  it('that cannot be used warns', () => {
    expect(configure({}, { cursors }).warnings).toEqual([
      'users: the cursor set is not used: the source can only read it in full',
    ]);
  });

  it('that is missing means reading in full, with a warning', () => {
    const { modes, warnings } = configure({ ...both, ...keyed });
    expect(modes).toEqual(['full_refresh', 'append_dedup']);
    expect(warnings).toEqual([
      'users is read in full: it could be read incrementally, but no cursor is known; set one',
    ]);
  });
});

describe('a primary key', () => {
  it('that was set goes before that of the source, composite and nested', () => {
    const primaryKeys = new Map([['users', [['at'], ['address', 'city']]]]);
    expect(configure(keyed, { primaryKeys }).configured?.primary_key).toEqual([['at'], ['address', 'city']]);
  });

  it.each([
    [['nope'], 'no field "nope"'],
    [['addres'], 'did you mean "address"?'],
    [['address', 'town'], 'no field "address.town"'],
    [['either', 'c'], 'no field "either.c"'],
  ])('must be in the schema: %j', (path, message) => {
    expect(() => configure({}, { primaryKeys: new Map([['users', [path]]]) })).toThrow(message);
    expect(() => configure({}, { primaryKeys: new Map([['users', [path]]]) })).toThrow(InputError);
    expect(() => configure({}, { cursors: new Map([['users', path]]) })).toThrow('for its cursor');
  });

  it.each([[['anything', 'at', 'all']], [['either', 'a']], [['either', 'b']], [['address', 'city']]])(
    'may be what the schema says or leaves open: %j',
    (path) => {
      expect(configure({}, { primaryKeys: new Map([['users', [path]]]) }).configured?.primary_key).toEqual([
        path,
      ]);
    },
  );

  it('may be anything where the schema declares no properties', () => {
    const primaryKeys = new Map([['users', [['whatever']]]]);
    expect(configure({ json_schema: {} }, { primaryKeys }).modes[1]).toBe('append_dedup');
  });

  it('of a stream that does not exist is an error', () => {
    expect(() => configure({}, { primaryKeys: new Map([['usres', [['id']]]]) })).toThrow(StreamUnknownError);
  });
});
