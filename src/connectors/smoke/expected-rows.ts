import type { DestinationSyncMode } from '../../protocol/catalog.ts';
import { isJsonObject } from '../../protocol/json-object.ts';
import { parseLossless, stringifyLossless } from '../../protocol/lossless-json.ts';
import type { ScenarioStream } from './scenario.ts';
import { syncOf } from './scenario-source.ts';

/**
 * The rows, as JSON text, that a stream must have in its destination after some syncs: all of them, those of the last
 * sync, or of each key the one with the greatest cursor, and among equals the last. What a sync that failed has sent is
 * not among them, because the next one has sent it again.
 */
export function expectedRows(
  stream: ScenarioStream,
  syncs: number,
  mode: DestinationSyncMode,
): readonly string[] {
  const ended = Array.from({ length: syncs }, (_, index) => syncOf(stream, index + 1)).filter(
    ({ fails = false }) => !fails,
  );
  if (mode === 'overwrite') return [...(ended.at(-1)?.rows() ?? [])];
  const rows = ended.flatMap((sync) => [...sync.rows()]);
  return mode === 'append_dedup' ? merged(stream, rows) : rows;
}

function merged({ primaryKey = [], cursor }: ScenarioStream, rows: readonly string[]): readonly string[] {
  const kept = new Map<string, { readonly row: string; readonly cursor: unknown }>();
  for (const row of rows) {
    const data = parseLossless(row);
    const key = stringifyLossless(primaryKey.map((path) => valueAt(data, path) ?? null));
    const now = cursor === undefined ? undefined : valueAt(data, [cursor]);
    const before = kept.get(key);
    if (before !== undefined && isLess(now, before.cursor)) continue;
    kept.set(key, { row, cursor: now });
  }
  return Array.from(kept.values(), ({ row }) => row);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner: unknown, field) => (isJsonObject(inner) ? inner[field] : undefined), value);
}

/** Of cursors as scenarios have them: numbers, or texts of one form; none is less than any. */
function isLess(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') return one < other;
  if (typeof one === 'string' && typeof other === 'string') return one < other;
  return (one ?? null) === null && (other ?? null) !== null;
}
