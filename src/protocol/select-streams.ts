import { InputError, ProtocolError, StreamUnknownError } from '../errors.ts';
import { type Catalog, type Stream, streamKey, streamLabel } from './catalog.ts';
import { didYouMean } from './nearest.ts';

/** Which streams: `'*'` for all, one name, or several. A name is a label (`crm.users`) or, where only one bears it, the bare name. */
export type StreamSelection = '*' | string | readonly string[];

/** The streams of a selection, in the catalog's order; all where nothing is selected. */
export function selectStreams(
  catalog: Catalog,
  selection: StreamSelection | undefined,
  sourceName: string,
): readonly Stream[] {
  if (catalog.streams.length === 0)
    throw new InputError(`${sourceName} has no streams`, {
      guidance: 'Check what its config gives access to: discover answered an empty catalog.',
    });
  if (selection === undefined || selection === '*') return catalog.streams;
  const names = typeof selection === 'string' ? [selection] : selection;
  if (names.length === 0) throw emptySelection(sourceName);
  if (names.includes('*')) return catalog.streams;
  const chosen = new Set(names.map((name) => findStream(catalog, name, sourceName)));
  return catalog.streams.filter((stream) => chosen.has(stream));
}

/** The one stream that a name means. */
export function findStream(catalog: Catalog, name: string, sourceName: string): Stream {
  const labelled = catalog.streams.find((stream) => streamLabel(stream) === name);
  if (labelled !== undefined) return labelled;
  const named = catalog.streams.filter((stream) => stream.name === name);
  const [only] = named;
  if (only !== undefined && named.length === 1) return only;
  const labels = catalog.streams.map(streamLabel);
  if (only !== undefined) {
    throw new InputError(
      `${sourceName} has ${named.length} streams named "${name}": ${named.map(streamLabel).join(', ')}`,
      { guidance: 'Name it with its namespace.', context: { stream: name } },
    );
  }
  const hint = didYouMean(name, [...labels, ...catalog.streams.map((stream) => stream.name)]);
  throw new StreamUnknownError(
    `${sourceName} has no stream "${name}"${hint === undefined ? '' : `; ${hint}`}`,
    { guidance: `Its streams: ${abridged(labels)}.`, context: { stream: name, available: labels } },
  );
}

/** Refuses a catalog that names a stream twice: nobody could tell the two apart. */
export function refuseTwins({ streams }: Catalog, sourceName: string): void {
  const seen = new Set<string>();
  for (const stream of streams) {
    const key = streamKey(stream);
    if (seen.has(key))
      throw new ProtocolError(`${sourceName}: discover names the stream ${streamLabel(stream)} twice`);
    seen.add(key);
  }
}

/** The error for a selection that names nothing. */
export function emptySelection(sourceName: string): InputError {
  return new InputError(`${sourceName}: the selection of streams is empty`, {
    guidance: 'Name at least one stream, or "*" for all; leaving the selection out means all too.',
  });
}

function abridged(labels: readonly string[]): string {
  const shown = labels.slice(0, mostShown).join(', ');
  return labels.length > mostShown ? `${shown} and ${labels.length - mostShown} more` : shown;
}

const mostShown = 30;
