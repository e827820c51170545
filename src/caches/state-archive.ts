import { type StreamDescriptor, type StreamKey, streamKey, streamOfKey } from '../protocol/catalog.ts';
import type { ConnectionId } from '../protocol/flow.ts';
import { refuseOtherEnds } from './changed-ends.ts';
import type { StateFile } from './state-file.ts';

/** What a store of states keeps, connection by connection: to be shown, moved elsewhere, and cleared. */
export interface StateArchive {
  /** All that is kept, by the connections' names. */
  saved(): Promise<readonly StateFile[]>;
  /**
   * Puts what was saved of a connection in the place of what is kept here, if anything. Throws InputError where that
   * is of other connectors.
   */
  restore(file: StateFile): Promise<void>;
  /** Forgets a connection: everything is then read and sent again. Answers whether there was one. */
  clear(connection: ConnectionId): Promise<boolean>;
}

/** What is kept once a file has been restored: its states, and numbers that never go back. */
export function restored(file: StateFile, before: StateFile | undefined, place: string): StateFile {
  const { connection, ends } = file;
  refuseOtherEnds({ connection, saved: before?.ends, ends, place });
  const generations = new Map<StreamKey, number>();
  for (const stream of [...(before?.streams ?? []), ...file.streams]) {
    const key = streamKey(stream);
    generations.set(key, Math.max(generations.get(key) ?? 0, stream.generation_id));
  }
  return {
    ...file,
    ends: ends ?? before?.ends,
    sync_id: Math.max(file.sync_id, before?.sync_id ?? 0),
    saved_at: new Date().toISOString(),
    streams: generationList(generations),
  };
}

/** The generations of streams as a file has them. */
export function generationList(generations: ReadonlyMap<StreamKey, number>): StateFile['streams'] {
  return [...generations].map(([key, generation_id]) => ({ ...descriptorOf(key), generation_id }));
}

/** A stream without a namespace has none in the file either. */
function descriptorOf(key: StreamKey): StreamDescriptor {
  const { name, namespace } = streamOfKey(key);
  return namespace === null ? { name } : { name, namespace };
}
