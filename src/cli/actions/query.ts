import { csvLine } from '../../caches/csv.ts';
import { InputError } from '../../errors.ts';
import type { Row, RowSet } from '../../index.ts';
import { stringifyLossless } from '../../protocol/lossless-json.ts';
import { isNoStatement } from '../../sql/no-statement.ts';
import { raw } from '../../sql/sql.ts';
import { openCacheToRead } from '../cache-argument.ts';
import type { OutputFlags } from '../commands/flags.ts';
import { counted } from '../figures.ts';
import { palette } from '../palette.ts';
import { renderRows } from '../render-rows.ts';
import { runSession, type Session } from '../session.ts';
import { wantsColour } from '../terminal.ts';

/** The flags of `sluice query`. */
export interface QueryFlags extends OutputFlags {
  readonly cache?: string | true;
  readonly csv?: boolean;
}

/** `sluice query "select …"` */
export async function runQuery(statement: string, flags: QueryFlags): Promise<number> {
  return runSession(
    flags,
    async (session) => {
      if (isNoStatement(statement)) throw new InputError('the query is empty');
      await using cache = openCacheToRead(flags.cache);
      // What a person types into a shell is theirs to run; nobody else's text comes in here.
      const rows = cache.query(raw(statement.trim().replace(/;$/, '')));
      if (flags.csv === true) await printCsv(rows, session);
      else if (session.output.isTerminal && flags.json !== true) await printTable(rows, session);
      else await printJson(rows, session);
    },
    { mayEndEarly: true },
  );
}

async function printJson(rows: RowSet, { output, signal }: Session): Promise<void> {
  for await (const row of rows.rows({ signal })) await output.write(`${stringifyLossless(row)}\n`);
}

async function printCsv(rows: RowSet, { output, signal }: Session): Promise<void> {
  let isFirst = true;
  for await (const row of rows.rows({ signal })) {
    if (isFirst) await output.write(csvLine(Object.keys(row)));
    isFirst = false;
    await output.write(csvLine(Object.values(row)));
  }
}

/** A table a thousand rows, so that the first are seen before the last are there. */
async function printTable(rows: RowSet, { output, reporter, signal }: Session): Promise<void> {
  const look = { palette: palette(wantsColour(process.stdout)), width: process.stdout.columns || 80 };
  let part: Row[] = [];
  let count = 0;
  for await (const row of rows.rows({ signal })) {
    part.push(row);
    count += 1;
    if (part.length < rowsAtOnce) continue;
    await output.write(`${renderRows(part, look)}\n`);
    part = [];
  }
  if (part.length > 0) await output.write(`${renderRows(part, look)}\n`);
  await output.end();
  reporter.note(counted(count, 'row'));
}

const rowsAtOnce = 1000;
