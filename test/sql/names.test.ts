import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { streamKey } from '../../src/protocol/catalog.ts';
import { columnNames, tableNames } from '../../src/sql/names.ts';

const engine = { name: 'Engine', identifierBytes: 63, foldsCase: true };

describe('the names of columns', () => {
  it.each([
    ['id', 'id'],
    ['userId', 'userid'],
    ['another.test', 'another_test'],
    ['sales (%)', 'sales____'],
    ['Hello, World!', 'hello__world_'],
    ['123abc', '_123abc'],
    ['$price', '_price'],
    ['Café', 'café'],
    ['Ünïcode', 'ünïcode'],
    ['名前', '名前'],
    ['select', 'select'],
    ['', '_'],
    ['+#$', '___'],
  ])('%j becomes %j', (field, column) => {
    expect([...columnNames([field], engine, 'users').values()]).toEqual([column]);
  });

  it('are cut between letters, and end in a hash that tells long names apart', () => {
    const names = [...columnNames(['é'.repeat(100), `${'é'.repeat(100)}x`], engine, 'users').values()];
    expect(new Set(names).size).toBe(2);
    for (const name of names) {
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
      expect(name).toMatch(/^é+_[0-9a-f]{10}$/);
    }
  });

  it('are refused where several fields would share one, and all of them are listed', () => {
    const refused = (): unknown => columnNames(['userId', 'userid', 'a.b', 'a b', 'fine'], engine, 'users');
    expect(refused).toThrow(InputError);
    expect(refused).toThrow(
      'stream users has fields that would share a column in Engine: "userId", "userid" → userid; "a.b", "a b" → a_b',
    );
  });

  it('get an underscore where the engine keeps a name for itself', () => {
    const names = columnNames(['RowID', 'id'], { ...engine, ownColumns: new Set(['rowid']) }, 'users');
    expect([...names.values()]).toEqual(['rowid_', 'id']);
  });

  it('are refused where a field would take a column of ours', () => {
    expect(() => columnNames(['_airbyte_raw_id'], engine, 'users')).toThrow('_airbyte_raw_id');
  });
});

describe('the names of tables', () => {
  it('have the prefix and the namespace', () => {
    const streams = [{ name: 'Users' }, { name: 'users', namespace: 'CRM' }];
    expect([...tableNames(streams, engine, { tablePrefix: 'raw_' }).entries()]).toEqual([
      [streamKey({ name: 'Users' }), 'raw_users'],
      [streamKey({ name: 'users', namespace: 'CRM' }), 'raw_crm__users'],
    ]);
  });

  it('are refused where streams would share one', () => {
    expect(() => tableNames([{ name: 'a__b' }, { name: 'b', namespace: 'a' }], engine)).toThrow(
      'streams would share a table in Engine: a__b, a.b → a__b',
    );
  });
});
