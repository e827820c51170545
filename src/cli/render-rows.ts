import { stringifyLossless } from '../protocol/lossless-json.ts';
import type { Row } from '../protocol/messages.ts';
import type { Palette } from './palette.ts';
import { pad, printable, textWidth, truncate } from './terminal.ts';

interface RowsView {
  readonly palette: Palette;
  readonly width: number;
}

/** Rows as a table; all must have the fields of the first. Numbers stand to the right, NULL is a dot. */
export function renderRows(rows: readonly Row[], { palette, width }: RowsView): string {
  const fields = Object.keys(rows[0] ?? {});
  const columns = fields.map((field) => {
    const cells = rows.map((row) => cellOf(row[field]));
    const title = truncate(printable(field), widest);
    const isNumeric = rows.every((row) => isNumber(row[field]) || (row[field] ?? null) === null);
    return {
      title,
      cells,
      side: isNumeric ? ('right' as const) : ('left' as const),
      width: Math.max(textWidth(title), ...cells.map(textWidth)),
    };
  });
  const lineOf = (cell: (index: number) => string) =>
    truncate(
      columns
        .map(({ side, width }, index) => pad(cell(index), width, side))
        .join('  ')
        .trimEnd(),
      width,
    );
  const head = lineOf((index) => columns[index]?.title ?? '');
  const lines = rows.map((_, row) => lineOf((index) => columns[index]?.cells[row] ?? ''));
  return [palette.dim(head), ...lines].join('\n');
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '·';
  const text = typeof value === 'string' ? value : stringifyLossless(value);
  return truncate(printable(text.replaceAll(/[\r\n\t]+/g, ' ')), widest);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** A long text does not push the other columns off the screen. */
const widest = 48;
