import type { Dataset } from '../../caches/dataset.ts';
import { InputError } from '../../errors.ts';
import type { StreamDescriptor } from '../../protocol/catalog.ts';
import type { ReadBackRequest } from '../../protocol/flow.ts';
import type { Row } from '../../protocol/messages.ts';
import type { Destination } from '../destination.ts';
import type { DestinationCache } from '../destination-cache.ts';

/**
 * The rows of a stream as they lie in a destination: as the destination itself says, else from the database behind it.
 * Undefined where neither can be.
 */
export async function rowsBack(
  destination: Destination,
  request: ReadBackRequest,
  fields: readonly string[],
): Promise<AsyncIterable<Row> | undefined> {
  const own = await destination.readBack(request);
  if (own !== undefined) return own;
  const { stream, signal } = request;
  const places = [stream.namespace ?? undefined, undefined].map((schemaName) =>
    databaseOf(destination, schemaName),
  );
  if (places.every((place) => place === undefined)) return undefined;
  for (const place of places) {
    const found = place === undefined ? undefined : await datasetOf(place, stream);
    if (found !== undefined) return renamed(found.rows({ signal }), fields);
  }
  return renamed(noRows(), fields);
}

/** A destination of which no database is known, or none that can be reached from here, is not read. */
function databaseOf(destination: Destination, schemaName: string | undefined): DestinationCache | undefined {
  try {
    return destination.getCache(schemaName === undefined ? {} : { schemaName });
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

async function datasetOf(cache: DestinationCache, { name }: StreamDescriptor): Promise<Dataset | undefined> {
  try {
    return await cache.dataset(name);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Rows under the source's names of their fields, where the destination has written these in its own way. */
async function* renamed(rows: AsyncIterable<Row>, fields: readonly string[]): AsyncGenerator<Row> {
  const known = new Set(fields);
  const byPlain = new Map<string, readonly string[]>();
  for (const field of fields) byPlain.set(plain(field), [...(byPlain.get(plain(field)) ?? []), field]);
  for await (const row of rows) {
    const names = Object.keys(row);
    if (names.every((name) => known.has(name))) yield row;
    else yield Object.fromEntries(names.map((name) => [nameOf(name), row[name]]));
  }

  function nameOf(column: string): string {
    const meant = byPlain.get(plain(column)) ?? [];
    return known.has(column) || meant.length !== 1 ? column : (meant[0] ?? column);
  }
}

/** A name as destinations write it that take letters, digits and underscores only. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '_')
    .replace(/^_(?=\d)/, '');
}

async function* noRows(): AsyncGenerator<Row> {}
