import { setImmediate as nextTurn } from 'node:timers/promises';
import { ConnectorFailedError, messageOf, SluiceError, StreamUnknownError } from '../../errors.ts';
import { type FieldPath, type Stream, streamLabel } from '../../protocol/catalog.ts';
import { checkField } from '../../protocol/check-field.ts';
import type { ConnectorProgram, Flow } from '../../protocol/flow.ts';
import type { Row } from '../../protocol/messages.ts';
import { textLength } from '../../protocol/text-length.ts';
import { streamPart, streamState, streamStatus } from '../authoring/announce.ts';
import { checkRecordsOptions } from '../authoring/check-definition.ts';
import { batchItems, longestBatch } from '../authoring/puller.ts';
import { compareCursors, cursorValue, followStream, savedPosition } from '../authoring/stream-position.ts';
import { builtInVersion } from '../built-in-config.ts';
import { type RowSource, type Rows, rowSource } from './records-rows.ts';
import { inferSchema } from './records-schema.ts';
import { jsonRow } from './records-values.ts';

/** What may be said about rows that are at hand. */
export interface RecordsOptions {
  /** The JSON Schema of a row. Left out, it is inferred from the first 1,000 rows. */
  readonly schema?: Readonly<Record<string, unknown>> | undefined;
  /** The field, or the fields, that tell one row from another. */
  readonly primaryKey?: string | readonly (string | FieldPath)[] | undefined;
  /**
   * The field that grows from run to run. Then a run sends only rows whose value is greater than all that have been
   * delivered: numbers by value, text by its characters, dates by time. Rows without a value are sent each time.
   */
  readonly cursor?: string | undefined;
}

/** A source of one stream, whose rows are at hand. */
export function recordsProgram(name: string, rows: Rows, options: RecordsOptions = {}): ConnectorProgram {
  checkRecordsOptions(name, options);
  const source = rowSource(name, rows);
  const { cursor } = options;
  const following = cursor === undefined ? { name } : { name, cursor };

  async function* read(since: unknown): AsyncGenerator<readonly Row[]> {
    let row = 0;
    for await (const batch of batchesOf(await source.open())) {
      const plain = batch.map((value) => {
        row += 1;
        return jsonRow(value, name, row);
      });
      if (cursor === undefined || since === undefined) yield plain;
      else yield plain.filter((one) => isNewer(one, [cursor], since, following));
    }
  }

  return {
    name,
    version: builtInVersion,
    spec: { connectionSpecification: { type: 'object', properties: {} } },
    async check() {
      return { status: 'SUCCEEDED' };
    },
    async discover() {
      const schema = options.schema ?? inferSchema(await firstRows(name, source));
      return { streams: [streamOf(name, schema, options)] };
    },
    async *read(_config, catalog, states, { signal }): Flow {
      const configured = catalog.streams[0];
      if (configured === undefined) return;
      if (configured.stream.name !== name) {
        throw new StreamUnknownError(`records "${name}" has no stream ${streamLabel(configured.stream)}`);
      }
      const stream = { name };
      const saved = configured.sync_mode === 'incremental' ? savedPosition(name, stream, states) : {};
      const isOrdered = cursor !== undefined && isSorted(rows, cursor);
      const position = followStream(saved, { ...following, isOrdered });

      yield [streamStatus(stream, 'STARTED'), streamStatus(stream, 'RUNNING')];
      for await (const batch of read(saved.cursor)) {
        signal.throwIfAborted();
        yield position.follow(batch).map((part) => streamPart(stream, part));
      }
      const end = position.end();
      yield [streamState(stream, end.position, end.recordCount), streamStatus(stream, 'COMPLETE')];
    },
  };
}

/** The rows to infer a schema from: each one that JSON can hold. */
async function firstRows(name: string, source: RowSource): Promise<readonly unknown[]> {
  const rows = await source.peek(rowsForSchema).catch((cause: unknown) => {
    if (cause instanceof SluiceError) throw cause;
    throw new ConnectorFailedError(`records "${name}": reading the first rows failed: ${messageOf(cause)}`, {
      cause,
    });
  });
  for (const [index, row] of rows.entries()) jsonRow(row, name, index + 1);
  return rows;
}

const rowsForSchema = 1000;
const rowsPerBatch = 500;
const longestWaitMs = 200;

function streamOf(
  name: string,
  schema: Readonly<Record<string, unknown>>,
  { primaryKey, cursor }: RecordsOptions,
): Stream {
  const keys = typeof primaryKey === 'string' ? [primaryKey] : primaryKey;
  const stream: Stream = {
    name,
    json_schema: schema,
    supported_sync_modes: cursor === undefined ? ['full_refresh'] : ['full_refresh', 'incremental'],
    ...(cursor === undefined ? {} : { source_defined_cursor: true, default_cursor_field: [cursor] }),
    ...(keys === undefined
      ? {}
      : { source_defined_primary_key: keys.map((key) => (typeof key === 'string' ? [key] : [...key])) }),
  };
  if (cursor !== undefined) checkField(stream, [cursor], 'cursor');
  for (const key of stream.source_defined_primary_key ?? []) checkField(stream, key, 'primary key');
  return stream;
}

/** Rows that are there already are never waited for one by one; the others go on when some have waited for a while. */
async function* batchesOf(
  rows: Iterable<unknown> | AsyncIterable<unknown>,
): AsyncGenerator<readonly unknown[]> {
  if (Symbol.asyncIterator in rows) {
    yield* batchItems(rows, { size: rowsPerBatch, waitMs: longestWaitMs });
    return;
  }
  let batch: unknown[] = [];
  let length = 0;
  for (const row of rows) {
    batch.push(row);
    length += textLength(row);
    if (batch.length < rowsPerBatch && length < longestBatch) continue;
    yield batch;
    batch = [];
    length = 0;
    // Timers and signals get their turn.
    await nextTurn();
  }
  if (batch.length > 0) yield batch;
}

function isNewer(row: Row, cursor: FieldPath, since: unknown, stream: { readonly name: string }): boolean {
  const value = cursorValue(row, cursor);
  return value === undefined || compareCursors(value, since, stream) > 0;
}

/** Only of an array can it be known beforehand; then states may stand between its rows, and not only at the end. */
function isSorted(rows: Rows, cursor: string): boolean {
  if (!Array.isArray(rows)) return false;
  let last: string | number | bigint | undefined;
  for (const row of rows) {
    const value = typeof row === 'object' && row !== null ? cursorValue(row, [cursor]) : undefined;
    if (value === undefined) continue;
    if (last !== undefined && (typeof last === 'string') !== (typeof value === 'string')) return false;
    if (last !== undefined && value < last) return false;
    last = value;
  }
  return true;
}
