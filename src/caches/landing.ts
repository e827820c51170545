import {
  type ConfiguredCatalog,
  type ConfiguredStream,
  type StreamKey,
  streamKey,
} from '../protocol/catalog.ts';
import type { ConnectionId } from '../protocol/flow.ts';
import type { LogSink } from '../protocol/log.ts';
import type { StateMessage } from '../protocol/messages.ts';
import type { ReusedMemory } from '../protocol/reused-memory.ts';
import { streamOfState } from '../protocol/state.ts';
import { makeRowMemory } from '../sql/copying.ts';
import type { Driver, Session } from '../sql/driver.ts';
import { encodeRows, type RowEncoder } from '../sql/encode-rows.ts';
import {
  type LandStrategy,
  landRecords,
  lastPosition,
  prepareTable,
  sideTable,
  swapIn,
} from '../sql/land.ts';
import { planTables } from '../sql/plan-tables.ts';
import { ident, sql } from '../sql/sql.ts';
import type { StreamTable } from '../sql/stream-table.ts';
import { keptState, readConnections, saveStates } from './cache-state.ts';
import { readStreams, type StreamNote, saveStreams } from './cache-streams.ts';
import { labelOfKey, makeCacheTables } from './cache-tables.ts';
import type { Portion } from './load-flow.ts';
import type { Gathered } from './pile.ts';
import { haveFieldsChanged, rememberFields } from './remember-fields.ts';
import { markNew, readMarks, type TableMark } from './table-marks.ts';
import { type Filler, fillerOf, refuseForeign } from './table-owners.ts';

/** What a load into a cache works with. */
export interface LandingOptions {
  readonly driver: Driver;
  readonly catalog: ConfiguredCatalog;
  readonly schema: string;
  readonly tablePrefix: string;
  readonly connection: ConnectionId;
  readonly signal: AbortSignal;
  readonly log: LogSink;
}

/** The tables of a catalog, made ready for records. */
export interface Landing {
  /** Streams whose rows appear only when they are complete. */
  readonly replaced: ReadonlySet<StreamKey>;
  /** What makes rows for a stream's table; undefined for a stream that is not in the catalog. */
  encoderOf(stream: StreamKey): RowEncoder | undefined;
  /** Where the encoders write rows: given back when the rows are in a file. */
  readonly memory: ReusedMemory;
  /** Records and the states that cover them, in one transaction. */
  commit(portion: Portion): Promise<void>;
}

/** Makes the tables, or brings them up to date, in one transaction. */
export async function openLanding(options: LandingOptions): Promise<Landing> {
  const { driver, catalog, schema, tablePrefix, connection, signal, log } = options;
  const planned = planTables(catalog, driver.dialect, { schemaName: schema, tablePrefix });
  const configured = new Map(catalog.streams.map((one) => [streamKey(one.stream), one]));
  let source: Filler = { connection, name: connection, end: undefined };
  const targets = await driver.transaction(
    async (session) => {
      await makeCacheTables(session, schema);
      const cached = await readStreams(session, schema);
      const connections = await readConnections(session, schema);
      source = fillerOf(connection, connections);
      const present = await session.tables(schema);
      refuseForeign(planned, { source, cached, connections, present });
      const isThere = presence(session, present);
      const made = new Map<StreamKey, Target>();
      for (const [key, table] of planned) {
        const stream = configured.get(key);
        const before = cached.find((one) => one.table.name === table.name)?.table;
        if (stream === undefined) continue;
        made.set(key, await prepare(session, table, stream, { before, isThere, signal }));
      }
      const filled = [...made.values()].filter(({ isReplaced }) => !isReplaced);
      await saveStreams(session, schema, filled.map(noteOf));
      await markMade(session, schema, [...made.values()]);
      return made;
    },
    { signal },
  );
  function noteOf({ configured: stream, known, final }: Target): StreamNote {
    const named = { ...known, schema: final.schema, name: final.name };
    return { configured: stream, table: named, tablePrefix, source: source.name, connection };
  }
  const replaced = new Set([...targets].filter(([, { isReplaced }]) => isReplaced).map(([key]) => key));
  const nulled = new Set<StreamKey>();
  const empty = new Set([...targets].filter(([, { isFirst }]) => isFirst).map(([key]) => key));

  async function land(
    session: Session,
    { stream, ...staged }: Gathered,
    marks: ReadonlyMap<string, TableMark>,
  ): Promise<void> {
    const target = targets.get(stream);
    if (target === undefined) return;
    const { table, final, strategy } = target;
    const { generation_id: generationId = 0, sync_id: syncId = 0 } = target.configured;
    const lastPosition = marks.get(final.name)?.lastPosition;
    const source = { ...staged, table, generationId, syncId };
    await landRecords(session, source, strategy, { signal, lastPosition, isEmpty: empty.delete(stream) });
    if (staged.nulledRows === 0 || nulled.has(stream)) return;
    nulled.add(stream);
    const label = labelOfKey(stream);
    log({
      level: 'WARN',
      code: 'values_nulled',
      message: `${label}: some values do not fit their columns and are null there; _airbyte_meta says which, and the records themselves are kept`,
    });
  }

  const memory = makeRowMemory();
  const encoders = new Map(
    [...targets].map(
      ([
        key,
        {
          table,
          configured: { sync_id: syncId = 0 },
        },
      ]) => [key, encodeRows(table, { syncId, dialect: driver.dialect, memory })],
    ),
  );

  return {
    replaced,
    encoderOf: (stream) => encoders.get(stream),
    memory,
    async commit({ gathered, states, completed }) {
      if (gathered.length === 0 && states.length === 0 && completed.size === 0) return;
      await driver.transaction(
        async (session) => {
          const marks = gathered.length === 0 ? new Map() : await readMarks(session, schema);
          for (const one of gathered) await land(session, one, marks);
          const swapped = [...completed].flatMap((key) => {
            const target = targets.get(key);
            return target?.isReplaced === true ? [target] : [];
          });
          const isThere = presence(session, swapped.length === 0 ? [] : await session.tables(schema));
          for (const { final } of swapped) {
            await swapIn(session, final, { isPrepared: true, isAbsent: !isThere(final.name), signal });
          }
          await saveStreams(session, schema, swapped.map(noteOf));
          await markNew(
            session,
            schema,
            swapped.map(({ final }) => final.name),
          );
          const kept = states.filter((state) => !isEmpty(state, configured));
          await saveStates(session, schema, connection, kept.map(keptState));
        },
        { signal },
      );
    },
  };
}

/** Where a stream's records go. */
interface Target {
  readonly configured: ConfiguredStream;
  /** The table that takes the rows: the stream's own, or the one that will replace it. */
  readonly table: StreamTable;
  /** The same with what is known of fields that came or went while rows were there already. */
  readonly known: StreamTable;
  readonly final: StreamTable;
  readonly strategy: LandStrategy;
  readonly isReplaced: boolean;
  /** Whether the table was not there before. */
  readonly isNew: boolean;
  /** Whether the rows that are to take the place of others are the first: there is no such table yet. */
  readonly isFirst: boolean;
}

/** Tells, of the names of all tables, whether one is there, as the engine understands names. */
function presence({ dialect }: Session, tables: readonly string[]): (name: string) => boolean {
  const folded = (name: string): string => (dialect.foldsCase ? name.toLowerCase() : name);
  const names = new Set(tables.map(folded));
  return (name) => names.has(folded(name));
}

interface Preparing {
  readonly before: StreamTable | undefined;
  readonly isThere: (name: string) => boolean;
  readonly signal: AbortSignal;
}

async function prepare(
  session: Session,
  final: StreamTable,
  configured: ConfiguredStream,
  { before, isThere, signal }: Preparing,
): Promise<Target> {
  const { destination_sync_mode, minimum_generation_id = 0 } = configured;
  const isReplaced = destination_sync_mode === 'overwrite' || minimum_generation_id > 0;
  const strategy = destination_sync_mode === 'append_dedup' ? 'merge' : 'append';
  if (isReplaced) {
    const side = sideTable(final);
    // What a run left there that did not come to its end.
    if (isThere(side.name)) await session.run(sql`drop table if exists ${ident(side.schema, side.name)}`);
    const { table } = await prepareTable(session, side, { signal, hasSchema: true, isAbsent: true });
    const isFirst = !isThere(final.name);
    return { configured, table, known: table, final, strategy, isReplaced, isNew: false, isFirst };
  }
  const isAbsent = !isThere(final.name);
  const { table, created } = await prepareTable(session, final, { signal, hasSchema: true, isAbsent });
  const known = created ? table : await remembered(session, table, before);
  return { configured, table, known, final, strategy, isReplaced, isNew: created, isFirst: false };
}

async function remembered(
  session: Session,
  table: StreamTable,
  before: StreamTable | undefined,
): Promise<StreamTable> {
  if (before === undefined) return table;
  if (!haveFieldsChanged(table, before)) return rememberFields(table, before, 0);
  const mark = (await readMarks(session, table.schema)).get(table.name)?.lastPosition ?? 0;
  return rememberFields(table, before, Math.max(mark, await lastPosition(session, table)));
}

/** A table that is filled has a mark from its beginning. */
async function markMade(session: Session, schema: string, targets: readonly Target[]): Promise<void> {
  const marks = await readMarks(session, schema);
  const unmarked = targets.filter(
    ({ final, isNew, isReplaced }) => isNew || (!isReplaced && !marks.has(final.name)),
  );
  await markNew(
    session,
    schema,
    unmarked.map(({ final }) => final.name),
  );
}

/** A stream that is read in full and says nothing of how far it got has no state worth keeping. */
function isEmpty({ state }: StateMessage, configured: ReadonlyMap<StreamKey, ConfiguredStream>): boolean {
  const key = streamOfState(state);
  if (key === undefined || configured.get(key)?.sync_mode !== 'full_refresh') return false;
  const content = state.stream?.stream_state;
  return typeof content === 'object' && content !== null && Object.keys(content).length === 0;
}
