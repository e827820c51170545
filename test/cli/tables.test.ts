import { describe, expect, it } from 'vitest';
import { plainPalette as palette } from '../../src/cli/palette.ts';
import { renderCatalog } from '../../src/cli/render-catalog.ts';
import { renderWarnings } from '../../src/cli/warnings.ts';
import type { Warning } from '../../src/protocol/result.ts';

describe('a catalog', () => {
  const catalog = {
    streams: [
      {
        name: 'users',
        namespace: 'crm',
        json_schema: { properties: { id: {}, name: {} } },
        supported_sync_modes: ['full_refresh', 'incremental'],
        source_defined_primary_key: [['id'], ['region', 'code']],
        default_cursor_field: ['updated_at'],
      },
      { name: 'log', json_schema: {}, source_defined_cursor: true },
    ],
  };

  it('is a table of its streams', () => {
    expect(`\n${renderCatalog(catalog, { palette, width: 100 })}`).toMatchInlineSnapshot(`
      "
      stream     primary key      cursor      modes                      fields
      crm.users  id, region.code  updated_at  full refresh, incremental  2
      log        -                its own     full refresh               0"
    `);
  });

  it('keeps within the terminal', () => {
    const lines = renderCatalog(catalog, { palette, width: 40 }).split('\n');
    expect(lines.every((line) => line.length <= 40)).toBe(true);
  });

  it('without streams says so', () => {
    expect(renderCatalog({ streams: [] }, { palette, width: 80 })).toBe('no streams');
  });
});

describe('warnings', () => {
  const adjusted = (stream: string): Warning => ({
    code: 'sync_mode_adjusted',
    message: `${stream} is written by append`,
    stream,
  });

  it('that say the same of several streams are one line', () => {
    expect(renderWarnings([adjusted('a'), adjusted('b'), adjusted('c')])).toEqual([
      'a is written by append (the same: b, c)',
    ]);
  });

  it('about very many streams name some', () => {
    const many = Array.from({ length: 20 }, (_, index) => adjusted(`t${index}`));
    expect(renderWarnings(many)).toEqual([
      't0 is written by append (the same: t1, t2, t3, t4, t5 and 14 more)',
    ]);
  });

  it('that differ stay apart, and name their stream', () => {
    expect(
      renderWarnings([
        adjusted('a'),
        { code: 'state_unknown', message: 'a state that nobody knows', stream: 'b-c' },
        { code: 'config_changed', message: 'count has changed' },
      ]),
    ).toEqual(['a is written by append', 'b-c: a state that nobody knows', 'count has changed']);
  });
});
