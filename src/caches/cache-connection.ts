import type { ConnectionEnds, ConnectionId, ConnectionState } from '../protocol/flow.ts';
import type { State } from '../protocol/state.ts';
import { beginSync, readConnections, readStates, saveStates } from './cache-state.ts';
import { makeCacheTables } from './cache-tables.ts';
import { changedEnds } from './changed-ends.ts';
import type { ConnectionLocks } from './connection-lock.ts';
import { forgetLost } from './lost-tables.ts';
import type { DriverUse, SharedDriver } from './shared-driver.ts';

interface Opening {
  readonly shared: SharedDriver;
  readonly schema: string;
  readonly locks: ConnectionLocks;
  readonly connection: ConnectionId;
  readonly ends: ConnectionEnds | undefined;
}

/** A connection's memory in a cache. It keeps the database open and the connection locked until it is disposed. */
export async function openCacheConnection(opening: Opening): Promise<ConnectionState> {
  const use = await opening.shared.use();
  try {
    const lock = await opening.locks.take(opening.connection);
    try {
      return await openLocked(opening, lock, use);
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    }
  } catch (error) {
    await use[Symbol.asyncDispose]();
    throw error;
  }
}

async function openLocked(
  { schema, connection, ends }: Opening,
  lock: AsyncDisposable,
  use: DriverUse,
): Promise<ConnectionState> {
  const { driver } = use;
  const connections = await readConnections(driver, schema);
  const warnings = [
    ...(await changedEnds({
      connection,
      saved: connections.find((one) => one.connection === connection),
      ends,
      others: async () => connections,
      place: `_sluice_connections in ${driver.description}`,
    })),
  ];
  let states: readonly State[] = await readStates(driver, schema, connection);
  const reread = async () => {
    states = await readStates(driver, schema, connection);
  };
  return {
    warnings,
    get states() {
      return states.map((state) => ({ type: 'STATE' as const, state }));
    },
    async begin(streams) {
      const begun = await driver.transaction(async (session) => {
        await makeCacheTables(session, schema);
        const lost = await forgetLost(session, schema, { connection, streams });
        return { lost, ...(await beginSync(session, schema, { connection, ends, streams })) };
      });
      warnings.push(...begun.lost);
      await reread();
      return { syncId: begun.syncId, generations: begun.generations };
    },
    async commit(messages) {
      const newer = messages.map(({ state }) => state);
      await driver.transaction(async (session) => {
        await makeCacheTables(session, schema);
        await saveStates(session, schema, connection, newer);
      });
      await reread();
    },
    async [Symbol.asyncDispose]() {
      try {
        await use[Symbol.asyncDispose]();
      } finally {
        await lock[Symbol.asyncDispose]();
      }
    },
  };
}
