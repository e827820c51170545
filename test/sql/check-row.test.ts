import { describe, expect, it } from 'vitest';
import { checkRow } from '../../src/sql/check-row.ts';
import type { StreamTable } from '../../src/sql/stream-table.ts';

const table: StreamTable = {
  schema: 'main',
  name: 'things',
  columns: [
    { field: 'id', name: 'id', type: 'string' },
    { field: 'doc', name: 'doc', type: 'object' },
  ],
  primaryKey: [{ column: 'id', path: [], type: 'string' }],
  cursor: undefined,
};

function check(data: string, { holdsNul = false, emittedAt = '1' } = {}) {
  const line = `{"type":"RECORD","record":{"stream":"things","data":${data},"emitted_at":${emittedAt}}}`;
  return { line, ...checkRow(line, table, { syncId: 7, dialect: { holdsNul } }) };
}

describe('a record whose text holds U+0000', () => {
  it('is kept as it is by an engine that can hold it', () => {
    const { values, raw, nulled } = check('{"id":"a\\u0000b","doc":{}}', { holdsNul: true });
    expect({ values, raw, nulled }).toEqual({ values: ['a\u0000b', '{}'], raw: null, nulled: false });
  });

  it('is stored without it by others, says so, keeps its line, and merges with no other', () => {
    const { values, raw, nulled, meta, form, line } = check('{"id":"a\\u0000b","doc":{}}');
    expect({ values, raw, nulled, form }).toEqual({ values: ['ab', '{}'], raw: line, nulled: true, form: 4 });
    expect(JSON.parse(String(meta))).toEqual({
      sync_id: 7,
      changes: [{ field: 'id', change: 'TRUNCATED', reason: 'DESTINATION_SERIALIZATION_ERROR' }],
    });
  });

  it('loses it inside JSON as well, and not what only looks like it', () => {
    const { values } = check('{"id":"x","doc":{"a\\u0000":"\\u0000b\\\\u0000"}}');
    expect(values).toEqual(['x', '{"a":"b\\\\u0000"}']);
  });
});

describe('a record', () => {
  it('with half a character in its key merges with no other', () => {
    const { values, form, raw, line } = check('{"id":"x\\ud800","doc":{}}', { holdsNul: true });
    expect({ values, form, raw }).toEqual({ values: ['x\ufffd', '{}'], form: 4, raw: line });
  });

  it.each(['-62135596800001', '253402300800000', '"soon"', 'null'])(
    'emitted at %s, which is no time of the years 1 to 9999, is of 1970',
    (emittedAt) => {
      expect(check('{"id":"x","doc":{}}', { emittedAt }).emittedAt).toBe(0);
    },
  );

  it('keeps the changes that its source tells of', () => {
    const change = { field: 'doc', change: 'TRUNCATED', reason: 'SOURCE_FIELD_SIZE_LIMITATION' };
    const { meta } = check('{"id":"x"}', { emittedAt: `1,"meta":{"changes":[${JSON.stringify(change)}]}` });
    expect(JSON.parse(String(meta))).toEqual({ sync_id: 7, changes: [change] });
  });
});
