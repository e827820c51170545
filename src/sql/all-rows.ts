import type { SqlRow } from './driver.ts';

/** All rows of a statement that gives them piece by piece. */
export async function allRows(pieces: AsyncIterable<readonly SqlRow[]>): Promise<readonly SqlRow[]> {
  const rows: SqlRow[] = [];
  for await (const piece of pieces) for (const row of piece) rows.push(row);
  return rows;
}
