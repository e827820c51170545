import type { BulkLines } from '../sql/dialect.ts';
import type { Driver } from '../sql/driver.ts';
import { isWithin, recordLine, selectForLines } from '../sql/record-lines.ts';
import { ident, sql } from '../sql/sql.ts';
import { metaColumns, type PositionRange, type StreamTable } from '../sql/stream-table.ts';

/** RECORD lines of a table, in the order of their positions. */
export interface LinePage {
  readonly lines: Buffer;
  readonly rows: number;
  /** The position of the last of them. */
  readonly last: number;
}

/** Whose lines: the rows of a table in a range of positions. */
export interface LineRequest {
  readonly driver: Driver;
  readonly table: StreamTable;
  /** What stands before the data. */
  readonly head: string;
  readonly range: PositionRange;
  readonly signal: AbortSignal;
}

/** The lines of a table's rows, a page of some megabytes at a time, by the engine itself where it can. */
export function linePages(request: LineRequest): AsyncIterable<LinePage> {
  const { bulkLines } = request.driver.dialect;
  return bulkLines === undefined ? rowPages(request) : bulkPages(request, bulkLines);
}

/** A row at a time, for engines that have no other way, and for what the engine's own way is not exact for. */
async function* rowPages({ driver, table, head, range, signal }: LineRequest): AsyncIterable<LinePage> {
  for await (const rows of driver.stream(selectForLines(table, range), { signal })) {
    if (rows.length === 0) continue;
    const lines = rows.map((row) => Buffer.from(`${recordLine(table, head, row)}\n`));
    const last = Number(rows.at(-1)?.[metaColumns.position]);
    // Joined as bytes: long rows would make a text that is longer than one can be.
    yield { lines: Buffer.concat(lines), rows: rows.length, last };
  }
}

/**
 * While one page is used the next two are made, on a connection each: the engine takes the rows of one page by one
 * thread only. How many positions a page spans follows from the bytes of the one before.
 */
async function* bulkPages(
  request: LineRequest,
  bulkLines: (table: StreamTable, head: string, range: PositionRange) => BulkLines,
): AsyncIterable<LinePage> {
  const { range, table, head } = request;
  const pending: Promise<Page>[] = [];
  let next = range.after;
  let width = firstWidth;
  const begin = (): void => {
    while (pending.length < pagesAtOnce && next < range.upTo) {
      const part = { after: next, upTo: Math.min(range.upTo, next + width) };
      const page = onePage({ ...request, range: part }, bulkLines(table, head, part));
      // It may fail while an earlier one is still being used; it is heard when its turn comes.
      page.catch(() => undefined);
      pending.push(page);
      next = part.upTo;
    }
  };
  try {
    for (;;) {
      begin();
      const page = await pending.shift();
      if (page === undefined) return;
      if (page.rows === 0 && next < range.upTo) next = await gapEnd(request, next);
      width = widthAfter(page, width, request.driver.dialect.bulkLinesBytes ?? quickestBytes);
      begin();
      yield* page.parts();
    }
  } finally {
    await Promise.allSettled(pending);
  }
}

/** Positions of rows that were merged or forgotten are given to none; there may be millions of them. */
async function gapEnd({ driver, table, range, signal }: LineRequest, after: number): Promise<number> {
  const position = ident(metaColumns.position);
  const [row] = await driver.query(
    sql`SELECT min(${position}) AS first FROM ${ident(table.schema, table.name)}
        WHERE ${isWithin({ after, upTo: range.upTo })}`,
    { signal },
  );
  const first = row?.['first'] ?? undefined;
  return first === undefined ? range.upTo : Number(first) - 1;
}

interface Page {
  readonly rows: number;
  readonly bytes: number;
  readonly span: number;
  parts(): AsyncIterable<LinePage> | Iterable<LinePage>;
}

async function onePage(request: LineRequest, statements: BulkLines): Promise<Page> {
  const { driver, range, signal } = request;
  const span = range.upTo - range.after;
  for (const statement of statements) {
    const answer = await driver.query(statement, { signal }).then(
      ([row]) => row,
      () => 'failed' as const,
    );
    // The rows may be too long for one text; what else it may have been the rows one by one will tell.
    if (answer === 'failed')
      return { rows: span, bytes: Number.MAX_SAFE_INTEGER, span, parts: () => rowPages(request) };
    const rows = Number(answer?.['rows'] ?? 0);
    if (rows === 0) return { rows, bytes: 0, span, parts: () => [] };
    const lines = bufferOf(answer?.['lines']);
    if (lines !== undefined) {
      const page = { rows, lines, last: Number(answer?.['last']) };
      return { rows, bytes: lines.length, span, parts: () => [page] };
    }
    if (Number(answer?.['doubtful']) > 0) return { rows, bytes: 0, span, parts: () => rowPages(request) };
  }
  return { rows: span, bytes: 0, span, parts: () => rowPages(request) };
}

function bufferOf(lines: unknown): Buffer | undefined {
  if (typeof lines === 'string') return Buffer.from(lines);
  if (!(lines instanceof Uint8Array)) return undefined;
  return Buffer.from(lines.buffer, lines.byteOffset, lines.length);
}

/** Wide enough for some megabytes, and never much wider than before: rows behind may be larger. */
function widthAfter({ bytes, span }: Page, width: number, pageBytes: number): number {
  const wanted = bytes === 0 ? span : Math.ceil((span * pageBytes) / bytes);
  return Math.max(1, Math.min(wanted, width * 4, widest));
}

const pagesAtOnce = 2;
const quickestBytes = 8_000_000;
const firstWidth = 1_024;
const widest = 32_768;
