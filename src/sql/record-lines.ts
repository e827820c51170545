import type { StreamDescriptor } from '../protocol/catalog.ts';
import { stringifyLossless } from '../protocol/lossless-json.ts';
import type { SqlRow } from './driver.ts';
import { rowOf } from './rows.ts';
import { ident, join, type Sql, sql } from './sql.ts';
import { metaColumns, type PositionRange, type StreamTable } from './stream-table.ts';

/** What the RECORD lines of a stream begin with: all that stands before their data. */
export function recordHead({ name, namespace }: StreamDescriptor): string {
  const place =
    namespace === undefined || namespace === null ? '' : `"namespace":${JSON.stringify(namespace)},`;
  return `{"type":"RECORD","record":{${place}"stream":${JSON.stringify(name)},"data":`;
}

/** Selects rows as `recordLine` takes them, in the order in which they came. */
export function selectForLines(table: StreamTable, { after, upTo }: PositionRange): Sql {
  const { form, raw, extractedAt, meta, position } = metaColumns;
  const names = [...table.columns.map(({ name }) => name), form, raw, extractedAt, meta, position];
  return sql`SELECT ${join(names.map((name) => ident(name)))} FROM ${ident(table.schema, table.name)}
    WHERE ${isWithin({ after, upTo })} ORDER BY ${ident(position)}`;
}

/** The condition that a row's position lies in a range. */
export function isWithin({ after, upTo }: PositionRange): Sql {
  const position = ident(metaColumns.position);
  return sql`${position} > ${after} AND ${position} <= ${upTo}`;
}

/**
 * The RECORD line of a row, without a newline: the line as it came where that is kept, else one that says the same.
 * This is the rule for every engine: what an engine writes faster by itself must come to the same.
 */
export function recordLine(table: StreamTable, head: string, row: SqlRow): string {
  const line = row[metaColumns.raw];
  if (typeof line === 'string') return line;
  const emittedAt = new Date(String(row[metaColumns.extractedAt])).getTime();
  const changes = changesIn(row[metaColumns.meta]);
  const meta = changes.length === 0 ? '' : `,"meta":${stringifyLossless({ changes })}`;
  return `${head}${stringifyLossless(rowOf(table, row))},"emitted_at":${emittedAt}${meta}}}`;
}

/** What the source said of its record's values; where a value was nulled here, the line itself is kept. */
function changesIn(meta: unknown): readonly unknown[] {
  const changes = typeof meta === 'object' && meta !== null && 'changes' in meta ? meta.changes : undefined;
  return Array.isArray(changes) ? changes : [];
}
