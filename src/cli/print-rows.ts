import { stringifyLossless } from '../protocol/lossless-json.ts';
import type { Row } from '../protocol/messages.ts';
import type { OutputFlags } from './commands/flags.ts';
import { palette } from './palette.ts';
import { renderRows } from './render-rows.ts';
import type { Session } from './session.ts';
import { wantsColour } from './terminal.ts';

/** Rows as a table on a terminal, else as a JSON object a line. */
export async function printRows(
  rows: readonly Row[],
  flags: OutputFlags,
  { output }: Pick<Session, 'output'>,
): Promise<void> {
  const isTable = output.isTerminal && flags.json !== true;
  if (!isTable) {
    for (const row of rows) await output.write(`${stringifyLossless(row)}\n`);
  } else if (rows.length > 0) {
    const look = { palette: palette(wantsColour(process.stdout)), width: process.stdout.columns || 80 };
    await output.write(`${renderRows(rows, look)}\n`);
  }
}
