import {
  type ConfiguredCatalog,
  type ConfiguredStream,
  type StreamDescriptor,
  type StreamKey,
  streamKey,
  streamLabel,
} from '../protocol/catalog.ts';
import type { StreamStatus } from '../protocol/messages.ts';

/** What the source has given for one stream so far. */
export interface StreamTally {
  readonly key: StreamKey;
  readonly label: string;
  readonly configured: ConfiguredStream;
  read: number;
  bytes: number;
  /** What the source said last. */
  status: StreamStatus | undefined;
}

/** A tally per stream of the catalog, in its order. */
export type Tally = ReadonlyMap<StreamKey, StreamTally>;

export function openTally(catalog: ConfiguredCatalog): Tally {
  return new Map(
    catalog.streams.map((configured) => {
      const key = streamKey(configured.stream);
      const label = streamLabel(configured.stream);
      return [key, { key, label, configured, read: 0, bytes: 0, status: undefined }];
    }),
  );
}

/** The stream as messages name it: without a namespace where it has none. */
export function descriptorOf({ stream }: ConfiguredStream): StreamDescriptor {
  const { name, namespace } = stream;
  return namespace === undefined || namespace === null ? { name } : { name, namespace };
}
