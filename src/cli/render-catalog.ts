import { type Catalog, type Stream, streamLabel } from '../protocol/catalog.ts';
import type { Palette } from './palette.ts';
import { pad, printable, textWidth, truncate } from './terminal.ts';

interface CatalogView {
  readonly palette: Palette;
  readonly width: number;
}

/** The streams of a source as a table. */
export function renderCatalog(catalog: Catalog, { palette, width }: CatalogView): string {
  if (catalog.streams.length === 0) return palette.dim('no streams');
  const titles = ['stream', 'primary key', 'cursor', 'modes', 'fields'];
  const rows = catalog.streams.map(cells);
  const widths = titles.map((title, index) =>
    Math.max(title.length, ...rows.map((row) => textWidth(row[index] ?? ''))),
  );
  const line = (row: readonly string[]) =>
    truncate(
      row
        .map((cell, index) => pad(cell, widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
      width,
    );
  return [palette.dim(line(titles)), ...rows.map(line)].join('\n');
}

function cells(stream: Stream): readonly string[] {
  const key = stream.source_defined_primary_key?.map((path) => path.join('.')).join(', ') ?? '';
  const cursor = stream.default_cursor_field?.join('.') ?? '';
  const { properties } = stream.json_schema;
  const fields = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  const modes = (stream.supported_sync_modes ?? ['full_refresh'])
    .map((mode) => mode.replace('_', ' '))
    .join(', ');
  return [
    streamLabel(stream),
    key === '' ? '-' : key,
    cursor === '' ? (stream.source_defined_cursor === true ? 'its own' : '-') : cursor,
    modes,
    String(fields.length),
  ].map(printable);
}
