import { StreamUnknownError } from '../errors.ts';
import {
  type ConfiguredCatalog,
  type ConfiguredStream,
  type StreamKey,
  streamKey,
  streamLabel,
} from '../protocol/catalog.ts';
import type { Flow, RunOptions } from '../protocol/flow.ts';
import type { StateMessage, StreamStatus, TraceMessage } from '../protocol/messages.ts';
import { lineBatch } from '../protocol/record-batch.ts';
import type { Driver } from '../sql/driver.ts';
import { recordHead } from '../sql/record-lines.ts';
import { ident, sql } from '../sql/sql.ts';
import { metaColumns, type StreamTable } from '../sql/stream-table.ts';
import { linePages } from './bulk-pages.ts';
import { type CachedStream, readStreams } from './cache-streams.ts';
import { type PositionState, positionState, positionsIn } from './position-state.ts';
import { readMarks, type TableMark } from './table-marks.ts';

interface Reading {
  readonly driver: Driver;
  readonly name: string;
  readonly schema: string;
  readonly tablePrefix: string;
}

/**
 * The records of a cache in the order in which they came, those behind the given positions only, and after each
 * portion a STATE that says how far it goes.
 */
export async function* extractRows(
  { driver, name, schema, tablePrefix }: Reading,
  catalog: ConfiguredCatalog,
  states: readonly StateMessage[],
  { signal }: RunOptions,
): Flow {
  const cached = await readStreams(driver, schema);
  const own = cached.filter((stream) => stream.tablePrefix === tablePrefix);
  const streams = new Map(own.map((stream) => [stream.stream, stream]));
  const marks = await readMarks(driver, schema);
  const positions = positionsIn(states.map(({ state }) => state));
  for (const configured of catalog.streams) {
    const key = streamKey(configured.stream);
    const stream = streams.get(key);
    if (stream === undefined) throw gone(name, configured);
    const mark = marks.get(stream.table.name);
    yield* streamRows({ driver, name, configured, stream, mark, from: positions.get(key), signal });
  }
}

interface StreamReading {
  readonly driver: Driver;
  readonly name: string;
  readonly configured: ConfiguredStream;
  readonly stream: CachedStream;
  readonly mark: TableMark | undefined;
  readonly from: PositionState | undefined;
  readonly signal: AbortSignal;
}

async function* streamRows({
  driver,
  name,
  configured,
  stream,
  mark,
  from,
  signal,
}: StreamReading): AsyncGenerator<readonly (StateMessage | TraceMessage | ReturnType<typeof lineBatch>)[]> {
  const { table, stream: key } = stream;
  const id = tableId(mark);
  // A position in another table than this one says nothing.
  const after = from?.table === id ? from.position : 0;
  const last = await lastPosition(driver, table, signal);
  const head = recordHead(configured.stream);
  yield [statusOf(configured, 'STARTED')];
  const range = { after, upTo: last };
  if (last > after) {
    for await (const page of linePages({ driver, table, head, range, signal })) {
      const tally = [{ stream: key, count: page.rows, bytes: page.lines.length }];
      const batch = lineBatch(page.lines, tally, () => key, { source: name });
      yield [batch, positionState(key, { position: page.last, table: id })];
    }
  }
  // What is sent as a whole is known by its end, also where there is nothing.
  const isWhole = configured.sync_mode === 'full_refresh';
  const position = Math.max(last, mark?.lastPosition ?? 0);
  const end = isWhole ? [positionState(key, { position, table: id })] : [];
  yield [...end, statusOf(configured, 'COMPLETE')];
}

/** What a state calls a table: one that has no mark was made by a Sluice that did not give them yet. */
export function tableId(mark: TableMark | undefined): string {
  return mark?.id ?? '';
}

/** The highest position in a table, 0 where it is empty. */
export async function lastPosition(
  driver: Pick<Driver, 'query'>,
  table: StreamTable,
  signal: AbortSignal | undefined,
): Promise<number> {
  const [row] = await driver.query(
    sql`select max(${ident(metaColumns.position)}) as last from ${ident(table.schema, table.name)}`,
    { signal },
  );
  return Number(row?.['last'] ?? 0);
}

function statusOf({ stream }: ConfiguredStream, status: StreamStatus): TraceMessage {
  const { name, namespace } = stream;
  const stream_descriptor = namespace === undefined || namespace === null ? { name } : { name, namespace };
  return {
    type: 'TRACE',
    trace: {
      type: 'STREAM_STATUS',
      emitted_at: Date.now(),
      stream_status: { stream_descriptor, status },
    },
  };
}

function gone(cache: string, { stream }: ConfiguredStream): StreamUnknownError {
  const label = streamLabel(stream);
  return new StreamUnknownError(`${cache}: stream "${label}" was dropped while it was being sent`, {
    context: { stream: label },
  });
}

/** The streams whose saved positions mean nothing any more, because their table is another one, or an older one. */
export function staleStreams(
  saved: ReadonlyMap<StreamKey, PositionState>,
  tables: ReadonlyMap<StreamKey, PositionState>,
): ReadonlySet<StreamKey> {
  const stale = [...saved].filter(([key, { position, table }]) => {
    const now = tables.get(key);
    return now !== undefined && (now.table !== table || now.position < position);
  });
  return new Set(stale.map(([key]) => key));
}
