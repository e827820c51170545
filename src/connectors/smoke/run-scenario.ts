import { ConnectorFailedError, messageOf, SluiceError } from '../../errors.ts';
import type { DestinationSyncMode } from '../../protocol/catalog.ts';
import { streamLabel } from '../../protocol/catalog.ts';
import type { Row } from '../../protocol/messages.ts';
import type { Warning, WriteResult } from '../../protocol/result.ts';
import { getSource } from '../source.ts';
import type { WriteOptions } from '../write-options.ts';
import { compareRows, type Difference, isLoss } from './compare-rows.ts';
import { expectedRows } from './expected-rows.ts';
import type { Scenario, ScenarioStream } from './scenario.ts';
import {
  type Placing,
  placedStream,
  scenarioSource,
  schemaAt,
  smokeSourceName,
  syncOf,
} from './scenario-source.ts';
import type { ScenarioOutcome, ScenarioReport } from './smoke-report.ts';
import type { Tested } from './tested.ts';

interface Running {
  readonly tested: Tested;
  readonly placing: Placing;
  readonly strict: boolean;
  /** What the destination can do; empty where it does not say. */
  readonly syncModes: readonly string[];
  readonly connection: string;
  readonly signal: AbortSignal;
  readonly write: Pick<WriteOptions, 'timeouts' | 'onEvent'>;
}

/** Delivers a scenario, sync by sync, and compares after each what lies in the destination. */
export async function runScenario(scenario: Scenario, running: Running): Promise<ScenarioReport> {
  const startedAt = performance.now();
  const { name, about, streams } = scenario;
  const found: Found = { records: 0, differences: [], warnings: [], isReadBack: false };
  const syncs = Math.max(...streams.map((stream) => stream.syncs.length));
  const verdict = await judge(scenario, syncs, running, found);
  const losses = found.differences.filter(({ kind }) => running.strict || isLoss(kind));
  return {
    name,
    about,
    ...(losses.length === 0 || verdict.error !== undefined ? verdict : lost(losses)),
    streams: streams.length,
    syncs,
    records: found.records,
    differences: [...losses, ...found.differences.filter((one) => !losses.includes(one))].slice(0, mostShown),
    differenceCount: found.differences.length,
    warnings: found.warnings,
    durationMs: Math.round(performance.now() - startedAt),
  };
}

const mostShown = 50;

type Verdict = Pick<ScenarioReport, 'outcome' | 'reason' | 'error'>;

/** What is learnt while a scenario runs. */
interface Found {
  records: number;
  differences: readonly Difference[];
  warnings: readonly Warning[];
  isReadBack: boolean;
}

async function judge(scenario: Scenario, syncs: number, running: Running, found: Found): Promise<Verdict> {
  const strategy = strategyOf(scenario, running.syncModes);
  if (strategy === undefined) {
    const mode = scenario.write === undefined ? undefined : modes[scenario.write];
    const what = mode === undefined ? 'to replace or to append' : `${mode}`;
    return { outcome: 'skipped', reason: `${running.tested.name} does not support ${what}` };
  }
  for (let sync = 1; sync <= syncs; sync += 1) {
    const failure = await deliver(scenario, { ...running, sync, strategy }, found);
    if (failure !== undefined) return failure;
    const isUnsettled = strategy !== 'replace' && wantsFailure(scenario, sync);
    const problem = isUnsettled ? undefined : await compare(scenario, { ...running, sync, strategy }, found);
    if (problem !== undefined) return problem;
    if (found.differences.some(({ kind }) => isLoss(kind))) break;
  }
  return { outcome: found.isReadBack ? 'passed' : 'delivered' };
}

type Strategy = 'append' | 'merge' | 'replace';

const modes = {
  append: 'append',
  merge: 'append_dedup',
  replace: 'overwrite',
} as const satisfies Record<Strategy, DestinationSyncMode>;

function strategyOf({ write }: Scenario, supported: readonly string[]): Strategy | undefined {
  const wanted: readonly Strategy[] = write === undefined ? ['replace', 'append'] : [write];
  return wanted.find((one) => supported.length === 0 || supported.includes(modes[one]));
}

function wantsFailure({ streams }: Scenario, sync: number): boolean {
  return streams.some((stream) => syncOf(stream, sync).fails);
}

interface AtSync extends Running {
  readonly sync: number;
  readonly strategy: Strategy;
}

/** Writes what a sync brings; answers only when it did not go as the scenario wants it. */
async function deliver(
  scenario: Scenario,
  { tested, placing, sync, strategy, connection, signal, write }: AtSync,
  found: Found,
): Promise<Verdict | undefined> {
  const shouldFail = wantsFailure(scenario, sync);
  await using source = getSource(scenarioSource(scenario, sync, placing));
  try {
    const result = await tested.write(source, { ...write, writeStrategy: strategy, connection, signal });
    found.records += result.records.confirmed;
    found.warnings = [...found.warnings, ...result.warnings];
    if (shouldFail) return failed('the write succeeded although its source had failed');
    return miscounted(scenario.streams, result, { placing, sync });
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof SluiceError) found.records += error.result?.records.confirmed ?? 0;
    if (shouldFail && isOurs(error)) return undefined;
    return failure(error, scenario.isRefusable === true ? 'refused' : 'failed');
  }
}

/** Whether it is the source that has failed. */
function isOurs(error: unknown): boolean {
  return error instanceof ConnectorFailedError && error.context['connector'] === smokeSourceName;
}

/** Every record that was sent must have been confirmed. */
function miscounted(
  streams: readonly ScenarioStream[],
  result: WriteResult,
  { placing, sync }: Pick<AtSync, 'placing' | 'sync'>,
): Verdict | undefined {
  for (const stream of streams) {
    const label = streamLabel(placedStream(stream, placing));
    const { read = 0, confirmed = 0, status } = result.streams[label] ?? {};
    let sent = 0;
    for (const _ of syncOf(stream, sync).rows()) sent += 1;
    if (read === sent && confirmed === sent && status === 'complete') continue;
    return failed(`${label}: ${confirmed} of ${sent} records were confirmed, and the stream is ${status}`);
  }
  return undefined;
}

/** Compares all streams with what must be there after a sync; answers only when they could not be read. */
async function compare(
  { streams }: Scenario,
  { tested, placing, sync, strategy, signal }: AtSync,
  found: Found,
): Promise<Verdict | undefined> {
  const all = streams.map((stream) => placedStream(stream, placing));
  const differences: Difference[] = [];
  try {
    for (const [index, stream] of streams.entries()) {
      const placed = all[index];
      if (placed === undefined) continue;
      const schema = schemaAt(stream, sync);
      const fields = Object.keys(Object(schema['properties']));
      const there = await tested.readBack({ stream: placed, streams: all, signal }, fields);
      if (there === undefined) return undefined;
      found.isReadBack = true;
      const rows: Row[] = [];
      for await (const row of there) rows.push(row);
      const key = stream.primaryKey?.map(([first = '']) => first) ?? ['id'];
      differences.push(
        ...compareRows(expectedRows(stream, sync, modes[strategy]), rows, {
          stream: streamLabel(placed),
          schema,
          key,
        }),
      );
    }
  } catch (error) {
    if (signal.aborted) throw error;
    const { error: cause } = failure(error, 'failed');
    return { ...failed(`could not be read back: ${messageOf(error)}`), ...(cause && { error: cause }) };
  }
  found.differences = differences;
  return undefined;
}

function lost(losses: readonly Difference[]): Verdict {
  const rows = new Set(losses.map(({ stream, row }) => `${stream}\0${row}`)).size;
  return failed(`${rows} ${rows === 1 ? 'row is' : 'rows are'} not as sent`);
}

function failed(reason: string): Verdict {
  return { outcome: 'failed', reason };
}

function failure(error: unknown, outcome: ScenarioOutcome): Verdict {
  const message = messageOf(error);
  const { code, guidance } =
    error instanceof SluiceError ? error : { code: 'unexpected' as const, guidance: undefined };
  return {
    outcome,
    reason: message,
    error: { code, message, ...(guidance === undefined ? {} : { guidance }) },
  };
}
