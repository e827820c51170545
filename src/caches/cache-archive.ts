import type { Queries } from '../sql/driver.ts';
import {
  insertConnection,
  readConnections,
  readGenerations,
  readStates,
  removeConnection,
} from './cache-state.ts';
import { haveCacheTables, makeCacheTables } from './cache-tables.ts';
import type { ConnectionLocks } from './connection-lock.ts';
import { forgetReader } from './retention.ts';
import type { SharedDriver } from './shared-driver.ts';
import { generationList, restored, type StateArchive } from './state-archive.ts';
import type { StateFile } from './state-file.ts';

interface ArchiveOptions {
  readonly shared: SharedDriver;
  readonly schema: string;
  readonly locks: ConnectionLocks;
  /** Whether there is a database already, where looking into it would make one. */
  readonly isThere?: (() => boolean) | undefined;
}

/** The states in a cache, to be shown, moved elsewhere, and cleared. */
export function cacheArchive({ shared, schema, locks, isThere = () => true }: ArchiveOptions): StateArchive {
  return {
    async saved() {
      if (!isThere()) return [];
      await using use = await shared.use();
      return await savedIn(use.driver, schema);
    },
    async restore(file) {
      await using use = await shared.use();
      await using _ = await locks.take(file.connection);
      await use.driver.transaction(async (session) => {
        await makeCacheTables(session, schema);
        const before = (await savedIn(session, schema)).find(
          ({ connection }) => connection === file.connection,
        );
        const kept = restored(file, before, `_sluice_connections in ${use.driver.description}`);
        await removeConnection(session, schema, file.connection);
        await insertConnection(session, schema, kept);
      });
    },
    async clear(connection) {
      if (!isThere()) return false;
      await using use = await shared.use();
      await using _ = await locks.take(connection);
      return await use.driver.transaction(async (session) => {
        if (!(await haveCacheTables(session, schema))) return false;
        const saved = await readConnections(session, schema);
        await removeConnection(session, schema, connection);
        const isReader = await forgetReader(session, schema, connection);
        return isReader || saved.some((one) => one.connection === connection);
      });
    },
  };
}

async function savedIn(session: Queries, schema: string): Promise<readonly StateFile[]> {
  const files: StateFile[] = [];
  for (const { connection, ends, syncId, saved_at } of await readConnections(session, schema)) {
    files.push({
      version: 1,
      connection,
      ...(ends === undefined ? {} : { ends }),
      sync_id: syncId,
      saved_at,
      streams: generationList(await readGenerations(session, schema, connection)),
      states: await readStates(session, schema, connection),
    });
  }
  return files;
}
