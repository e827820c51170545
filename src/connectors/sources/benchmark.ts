import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { InputError, StreamUnknownError } from '../../errors.ts';
import { type Catalog, type ConfiguredCatalog, streamLabel } from '../../protocol/catalog.ts';
import type { ConnectorProgram, ExecutionOptions, Flow, RecordBatch } from '../../protocol/flow.ts';
import type { StateMessage } from '../../protocol/messages.ts';
import type { Config } from '../../protocol/spec.ts';
import { streamEstimate, streamState, streamStatus } from '../authoring/announce.ts';
import { savedState } from '../authoring/saved-state.ts';
import { builtInConfig, builtInVersion } from '../built-in-config.ts';
import { recordLines } from './record-lines.ts';

/** One stream of five text columns, as fast as it can be handed on: for measuring what comes after it. */
export const sourceBenchmark: ConnectorProgram = {
  name: 'source-benchmark',
  version: builtInVersion,
  spec: {
    supportsIncremental: false,
    connectionSpecification: {
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Benchmark',
      type: 'object',
      required: [],
      additionalProperties: false,
      properties: {
        num_records: {
          title: 'Records',
          description: 'How many records there are.',
          type: 'integer',
          minimum: 0,
          default: 500_000,
        },
      },
    },
  },
  async check(config) {
    benchmarkConfig(config);
    return { status: 'SUCCEEDED' };
  },
  async discover() {
    return benchmarkCatalog;
  },
  read(config, catalog, states, options) {
    return benchmarkRows(benchmarkConfig(config), catalog, states, options);
  },
};

/** A number of records: `500000`, `"5e5"`, `"1_000"`. */
export function parseCount(text: string | number): number {
  const isWritten = typeof text === 'string' && /^\d+(_\d+)*(\.\d+)?(e\+?\d+)?$/i.test(text.trim());
  const count = isWritten ? Number(text.replaceAll('_', '')) : text;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw new InputError(`${JSON.stringify(text)} is not a number of records`, {
    guidance: 'Give a whole number, such as 500000, "5e5" or "1_000".',
  });
}

const configSchema = z.strictObject({ num_records: z.int().min(0).default(500_000) });
const benchmarkConfig = (config: Config) => builtInConfig('source-benchmark', configSchema, config);

const fields = ['field1', 'field2', 'field3', 'field4', 'field5'];
const stream = { name: 'stream1' };

const benchmarkCatalog: Catalog = {
  streams: [
    {
      ...stream,
      json_schema: {
        type: 'object',
        properties: Object.fromEntries(fields.map((field) => [field, { type: 'string' }])),
      },
      supported_sync_modes: ['full_refresh'],
      is_resumable: true,
    },
  ],
};

const stateSchema = z.object({ records: z.int().min(0), complete: z.boolean() });

const rowsPerBatch = 1000;
const rowsPerState = 10_000;

async function* benchmarkRows(
  { num_records: total }: z.infer<typeof configSchema>,
  catalog: ConfiguredCatalog,
  states: readonly StateMessage[],
  { signal }: ExecutionOptions,
): Flow {
  const labels = catalog.streams.map((configured) => streamLabel(configured.stream));
  const unknown = labels.find((label) => label !== stream.name);
  if (unknown !== undefined) throw new StreamUnknownError(`source-benchmark has no stream ${unknown}`);
  if (labels.length === 0) return;

  const saved = savedState('source-benchmark', stream, states, stateSchema);
  const start = saved === undefined || saved.complete ? 0 : Math.min(saved.records, total);
  const full = rowBatch(rowsPerBatch);
  yield [
    streamStatus(stream, 'STARTED'),
    streamEstimate(stream, { rows: total - start, bytes: (total - start) * bytesPerRow(full) }),
    streamStatus(stream, 'RUNNING'),
  ];
  for (let sent = start; sent < total || sent === start; ) {
    const next = Math.min(sent + rowsPerState, total);
    for (let row = sent; row < next; row += rowsPerBatch) {
      yield [next - row < rowsPerBatch ? rowBatch(next - row) : full];
    }
    yield [streamState(stream, { records: next, complete: next === total }, next - sent)];
    // Nothing here ever waits: timers and signals get their turn.
    await nextTurn();
    signal.throwIfAborted();
    if (next === total) break;
    sent = next;
  }
  yield [streamStatus(stream, 'COMPLETE')];
}

/** So many records, all alike. A batch never changes, so that one can be sent again and again. */
function rowBatch(count: number): RecordBatch {
  const lines = recordLines(stream, Date.now());
  const data = JSON.stringify(
    Object.fromEntries(fields.map((field) => [field, `thirty letters of plain text, ${field}`])),
  );
  for (let row = 0; row < count; row += 1) lines.add(data);
  return lines.batch();
}

const bytesPerRow = (batch: RecordBatch) => batch.lines().length / rowsPerBatch;
