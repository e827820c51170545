import { randomInt } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { StreamUnknownError } from '../../errors.ts';
import { type ConfiguredCatalog, type ConfiguredStream, streamLabel } from '../../protocol/catalog.ts';
import type { ConnectorProgram, ExecutionOptions, Flow } from '../../protocol/flow.ts';
import type { StateMessage } from '../../protocol/messages.ts';
import { streamEstimate, streamState, streamStatus } from '../authoring/announce.ts';
import { savedState } from '../authoring/saved-state.ts';
import { builtInConfig, builtInVersion } from '../built-in-config.ts';
import { fakerCatalog } from './faker-catalog.ts';
import { productCount, productJson } from './faker-products.ts';
import { purchaseJson, purchasesOf } from './faker-purchases.ts';
import { fakerSpec } from './faker-spec.ts';
import { endOfTime, spelled } from './faker-time.ts';
import { userJson } from './faker-users.ts';
import { type RowRandom, seededRandom } from './random.ts';
import { recordLines } from './record-lines.ts';

/** Invented users, products and purchases, with the config, the fields and the schemas of Airbyte's source-faker. */
export const sourceFaker: ConnectorProgram = {
  name: 'source-faker',
  version: builtInVersion,
  spec: fakerSpec,
  async check(config) {
    fakerConfig(config);
    return { status: 'SUCCEEDED' };
  },
  async discover() {
    return fakerCatalog;
  },
  read(config, catalog, states, options) {
    return fakeRows(fakerConfig(config), catalog, states, options);
  },
};

const configSchema = z.object({
  count: z.int().min(1).default(1000),
  seed: z.int().default(-1),
  records_per_slice: z.int().min(1).default(1000),
  always_updated: z.boolean().default(true),
  parallelism: z.int().min(1).default(4),
});
type FakerConfig = z.infer<typeof configSchema>;

const fakerConfig = (config: Readonly<Record<string, unknown>>) =>
  builtInConfig('source-faker', configSchema, config);

/**
 * How far a stream has come: `loop_offset` counts products, or the users whose rows have been sent. Airbyte's own
 * states are understood; they have no `complete`, and for products no `loop_offset`.
 */
const stateSchema = z.object({
  seed: z.int(),
  updated_at: z.string().optional(),
  loop_offset: z.int().min(0).default(0),
  complete: z.boolean().default(false),
});
type FakerState = z.infer<typeof stateSchema>;

interface FakeStream {
  /** How many steps the stream has, for so many users. A slice is a number of steps. */
  steps(users: number): number;
  /** How many rows the first steps make. */
  rowsOf(steps: number): number;
  json(random: RowRandom, id: number, updatedAt: string): string;
  readonly bytesPerRow: number;
}

const same = (count: number) => count;

const fakeStreams: ReadonlyMap<string, FakeStream> = new Map([
  ['products', { steps: () => productCount, rowsOf: same, json: productJson, bytesPerRow: 240 }],
  ['users', { steps: same, rowsOf: same, json: userJson, bytesPerRow: 600 }],
  ['purchases', { steps: same, rowsOf: purchasesOf, json: purchaseJson, bytesPerRow: 310 }],
]);

/** Rows that are made and handed on at once. */
const rowsPerBatch = 500;

async function* fakeRows(
  config: FakerConfig,
  catalog: ConfiguredCatalog,
  states: readonly StateMessage[],
  options: ExecutionOptions,
): Flow {
  const run: FakerRun = {
    seed: config.seed === -1 ? randomInt(2 ** 31) : config.seed,
    updatedAt: config.always_updated ? spelled(Date.now()) : endOfTime,
    config,
    options,
  };
  for (const configured of inOrder(catalog)) {
    const saved = savedState('source-faker', configured.stream, states, stateSchema);
    yield* fakeStream(configured, saved, run);
  }
}

interface FakerRun {
  readonly seed: number;
  readonly updatedAt: string;
  readonly config: FakerConfig;
  readonly options: ExecutionOptions;
}

async function* fakeStream(
  configured: ConfiguredStream,
  saved: FakerState | undefined,
  { config, options, ...run }: FakerRun,
): Flow {
  const stream = { name: configured.stream.name };
  const fake = fakeStreamOf(stream.name);
  const steps = fake.steps(config.count);
  const from = carriesOn(saved, configured, config, steps) ? saved : undefined;
  const seed = from?.seed ?? run.seed;
  const random = seededRandom(seed, stream.name);
  const start = Math.min(from?.loop_offset ?? 0, steps);
  const rows = fake.rowsOf(steps) - fake.rowsOf(start);
  if (saved !== undefined && from === undefined) {
    options.log({ level: 'INFO', message: `${stream.name}: every row is sent again` });
  }

  yield [
    streamStatus(stream, 'STARTED'),
    streamEstimate(stream, { rows, bytes: rows * fake.bytesPerRow }),
    streamStatus(stream, 'RUNNING'),
  ];
  if (start === steps) {
    // A count that has been lowered leaves the state where it was: nothing is sent twice when it rises again.
    yield [streamState(stream, { ...from, complete: true }, 0)];
  }
  for (let offset = start; offset < steps; ) {
    const next = Math.min(offset + config.records_per_slice, steps);
    const end = fake.rowsOf(next);
    for (let row = fake.rowsOf(offset); row < end; row += rowsPerBatch) {
      const lines = recordLines(stream, Date.now());
      for (let id = row + 1; id <= Math.min(row + rowsPerBatch, end); id += 1) {
        random.startRow(id);
        lines.add(fake.json(random, id, run.updatedAt));
      }
      yield [lines.batch()];
      // Rows are made without ever waiting: timers, signals and other streams get their turn here.
      await nextTurn();
      options.signal.throwIfAborted();
    }
    const state: FakerState = {
      seed,
      updated_at: run.updatedAt,
      loop_offset: next,
      complete: next === steps,
    };
    yield [streamState(stream, state, end - fake.rowsOf(offset))];
    offset = next;
  }
  yield [streamStatus(stream, 'COMPLETE')];
}

/** Whether a stream goes on from its state; else it sends all its rows, as they may be other rows than those before. */
function carriesOn(
  saved: FakerState | undefined,
  { sync_mode }: ConfiguredStream,
  { seed, always_updated }: FakerConfig,
  steps: number,
): boolean {
  if (saved === undefined) return false;
  if (seed !== -1 && seed !== saved.seed) return false;
  const isOver = saved.complete || saved.loop_offset >= steps;
  return !isOver || (!always_updated && sync_mode === 'incremental');
}

/** The configured streams in the source's own order. */
function inOrder({ streams }: ConfiguredCatalog): readonly ConfiguredStream[] {
  for (const { stream } of streams) fakeStreamOf(streamLabel(stream));
  return fakerCatalog.streams.flatMap(({ name }) => streams.filter(({ stream }) => stream.name === name));
}

function fakeStreamOf(label: string): FakeStream {
  const found = fakeStreams.get(label);
  if (found !== undefined) return found;
  throw new StreamUnknownError(`source-faker has no stream ${label}`, {
    guidance: `It has ${[...fakeStreams.keys()].join(', ')}.`,
  });
}
