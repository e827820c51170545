import { z } from 'zod';
import { StateDamagedError } from '../errors.ts';
import { type ConfiguredStream, type StreamKey, streamKey } from '../protocol/catalog.ts';
import type { ConnectionEnds, ConnectionId, Generation } from '../protocol/flow.ts';
import { parseLossless, stringifyLossless } from '../protocol/lossless-json.ts';
import type { StateMessage } from '../protocol/messages.ts';
import {
  mergeStates,
  type State,
  stateSchema,
  stateType,
  streamOfState,
  withoutStreams,
} from '../protocol/state.ts';
import type { Queries } from '../sql/driver.ts';
import { sql } from '../sql/sql.ts';
import { cacheTable, haveCacheTables, insertRows, list } from './cache-tables.ts';
import type { SavedEnds } from './changed-ends.ts';
import { raiseGenerations } from './generations.ts';
import type { StateFile } from './state-file.ts';

/** What a cache keeps of one connection beside its states. */
export interface SavedConnection extends SavedEnds {
  readonly syncId: number;
}

/** All connections that have kept a state here. */
export async function readConnections(session: Queries, schema: string): Promise<readonly SavedConnection[]> {
  if (!(await haveCacheTables(session, schema))) return [];
  const rows = await session.query(
    sql`select connection, ends, sync_id, saved_at from ${cacheTable(schema, '_sluice_connections')} order by connection`,
  );
  return rows.map((row) => ({
    connection: String(row['connection']),
    ends: endsOf(row['ends']),
    syncId: Number(row['sync_id']),
    saved_at: String(row['saved_at']),
  }));
}

/** The states of a connection, as its source gave them. */
export async function readStates(
  session: Queries,
  schema: string,
  connection: string,
): Promise<readonly State[]> {
  if (!(await haveCacheTables(session, schema))) return [];
  const rows = await session.query(
    sql`select stream, state from ${cacheTable(schema, '_sluice_states')} where connection = ${connection} order by stream`,
  );
  return rows.map((row) => stateOf(String(row['state']), connection));
}

/** Raises the generations, forgets the states of streams that start anew, and counts the sync; run it in a transaction. */
export async function beginSync(
  session: Queries,
  schema: string,
  {
    connection,
    ends,
    streams,
  }: {
    readonly connection: ConnectionId;
    readonly ends: ConnectionEnds | undefined;
    readonly streams: readonly ConfiguredStream[];
  },
): Promise<{ readonly syncId: number; readonly generations: ReadonlyMap<StreamKey, Generation> }> {
  const saved = (await readConnections(session, schema)).find((one) => one.connection === connection);
  const syncId = (saved?.syncId ?? 0) + 1;
  const connections = cacheTable(schema, '_sluice_connections');
  const kept = ends ?? saved?.ends;
  await session.run(sql`delete from ${connections} where connection = ${connection}`);
  await insertRows(session, connections, [
    [connection, kept === undefined ? null : stringifyLossless(kept), syncId, now()],
  ]);

  const before = await readGenerations(session, schema, connection);
  const { generations, restarted } = raiseGenerations(before, streams);
  const table = cacheTable(schema, '_sluice_generations');
  const changed = [...generations].filter(([key, { id }]) => before.get(key) !== id);
  if (changed.length > 0) {
    const keys = list(changed.map(([key]) => key));
    await session.run(sql`delete from ${table} where connection = ${connection} and stream in (${keys})`);
    await insertRows(
      session,
      table,
      changed.map(([key, { id }]) => [connection, key, id]),
    );
  }
  const states = await readStates(session, schema, connection);
  const left = withoutStreams(states, { restarted, streams: streams.length });
  await replaceStates(session, schema, connection, { before: states, after: left });
  return { syncId, generations };
}

/** Takes newer states in; run it in the transaction of the records that they cover. */
export async function saveStates(
  session: Queries,
  schema: string,
  connection: string,
  newer: readonly State[],
): Promise<void> {
  if (newer.length === 0) return;
  const before = await readStates(session, schema, connection);
  await replaceStates(session, schema, connection, { before, after: mergeStates(before, newer) });
  await session.run(
    sql`update ${cacheTable(schema, '_sluice_connections')} set saved_at = ${now()} where connection = ${connection}`,
  );
}

/**
 * Forgets how far a stream has come, so that it is read from its beginning. A LEGACY state cannot be taken apart and
 * goes as a whole; run it in a transaction.
 */
export async function forgetStream(
  session: Queries,
  schema: string,
  { connection, stream }: { readonly connection: string; readonly stream: StreamKey },
): Promise<void> {
  const before = await readStates(session, schema, connection);
  const left = withoutStreams(before, { restarted: new Set([stream]), streams: Number.POSITIVE_INFINITY });
  const after = left.filter((state) => stateType(state) !== 'LEGACY');
  await replaceStates(session, schema, connection, { before, after });
}

/** Forgets all of a connection; run it in a transaction. */
export async function removeConnection(session: Queries, schema: string, connection: string): Promise<void> {
  for (const table of ['_sluice_connections', '_sluice_generations', '_sluice_states'] as const) {
    await session.run(sql`delete from ${cacheTable(schema, table)} where connection = ${connection}`);
  }
}

/** Keeps a connection of which nothing is kept; run it in a transaction. */
export async function insertConnection(
  session: Queries,
  schema: string,
  { connection, ends, sync_id, saved_at, streams, states }: StateFile,
): Promise<void> {
  const text = ends === undefined ? null : stringifyLossless(ends);
  await insertRows(session, cacheTable(schema, '_sluice_connections'), [
    [connection, text, sync_id, saved_at],
  ]);
  await insertRows(
    session,
    cacheTable(schema, '_sluice_generations'),
    streams.map((stream) => [connection, streamKey(stream), stream.generation_id]),
  );
  await replaceStates(session, schema, connection, { before: [], after: states });
}

/** A message as it is kept: the source's own, without the number that travels beside it. */
export function keptState({ state }: StateMessage): State {
  const { id: _id, ...kept } = state;
  return kept;
}

/** Only what differs is written, so that a thousand streams cost no more than those that moved. */
async function replaceStates(
  session: Queries,
  schema: string,
  connection: string,
  { before, after }: { readonly before: readonly State[]; readonly after: readonly State[] },
): Promise<void> {
  const table = cacheTable(schema, '_sluice_states');
  const gone = before.filter((state) => !after.includes(state)).map(stateKey);
  const come = after.filter((state) => !before.includes(state));
  if (gone.length > 0) {
    await session.run(
      sql`delete from ${table} where connection = ${connection} and stream in (${list(gone)})`,
    );
  }
  await insertRows(
    session,
    table,
    come.map((state) => [connection, stateKey(state), stringifyLossless(state)]),
  );
}

/** States that speak for all streams have no key. */
function stateKey(state: State): string {
  return streamOfState(state) ?? '';
}

/** The generation of each stream of a connection. */
export async function readGenerations(
  session: Queries,
  schema: string,
  connection: string,
): Promise<ReadonlyMap<StreamKey, number>> {
  const rows = await session.query(
    sql`select stream, generation_id from ${cacheTable(schema, '_sluice_generations')} where connection = ${connection}`,
  );
  return new Map(rows.map((row) => [String(row['stream']) as StreamKey, Number(row['generation_id'])]));
}

const endSchema = z.object({ name: z.string(), via: z.string().optional(), config: z.unknown() });
const endsSchema = z.object({ source: endSchema, destination: endSchema });

function endsOf(text: unknown): ConnectionEnds | undefined {
  if (typeof text !== 'string') return undefined;
  return endsSchema.safeParse(parseLossless(text)).data;
}

/** The schema's copy would forget how numbers are spelled; what was parsed has not. */
function stateOf(text: string, connection: string): State {
  const parsed = parseLossless(text);
  if (isState(parsed)) return parsed;
  throw new StateDamagedError(`${connection}: a saved state is damaged`, {
    guidance: 'Clear the state of this connection: everything is then read again.',
    context: { connection },
  });
}

function isState(value: unknown): value is State {
  return stateSchema.safeParse(value).success;
}

function now(): string {
  return new Date().toISOString();
}
