import type { Cache } from '../../caches/cache.ts';
import { StoppedError } from '../../errors.ts';
import { streamLabel } from '../../protocol/catalog.ts';
import { never, silent } from '../connector.ts';
import type { Destination } from '../destination.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import { placedStream } from './scenario-source.ts';
import { planSmokeTest, type SmokePlan, type SmokeTestOptions } from './smoke-options.ts';
import type { ScenarioOutcome, ScenarioReport, SmokeTestRemains, SmokeTestReport } from './smoke-report.ts';
import { openTested, type Tested } from './tested.ts';

/**
 * Tries what a destination must bear: every type, extreme value, name, size, key and null, each delivered and, where
 * the destination's store can be read, read back and compared. Throws when the destination's check fails; whatever
 * fails after that is in the report.
 */
export async function smokeTest(
  destination: Destination | Cache,
  options: SmokeTestOptions = {},
): Promise<SmokeTestReport> {
  const startedAt = performance.now();
  await using tested = await openTested(destination);
  const plan = planSmokeTest(options, tested.name);
  const { signal = never(), log = silent } = options;
  await tested.check({ signal, log });
  const syncModes = await tested.syncModes({ signal, log });
  const reports: ScenarioReport[] = [];
  const tried: Scenario[] = [];
  let left: SmokeTestRemains | null = null;
  try {
    for (const [index, scenario] of plan.scenarios.entries()) {
      options.onEvent?.({
        type: 'scenario_started',
        scenario: scenario.name,
        number: index + 1,
        of: plan.scenarios.length,
      });
      const isTried = !isHopeless(reports);
      if (isTried) tried.push(scenario);
      const report = !isTried
        ? skipped(scenario)
        : await runScenario(scenario, {
            tested,
            ...plan,
            syncModes,
            connection: connectionOf(plan, scenario),
            signal,
            write: {
              timeouts: options.timeouts,
              onEvent: (event) => {
                if (event.type === 'log') log(event.entry);
              },
            },
          });
      if (isTried && report.outcome === 'skipped') tried.pop();
      reports.push(report);
      options.onEvent?.({ type: 'scenario_finished', report });
      if (signal.aborted) throw new StoppedError(`the smoke test of ${tested.name} was stopped`);
    }
  } finally {
    left = await cleanUp(tested, plan, tried);
  }
  const outcomes = countOutcomes(reports);
  return {
    destination: tested.name,
    success: outcomes.failed === 0,
    outcomes,
    readBackFrom: outcomes.passed > 0 || reports.some((one) => one.differenceCount > 0) ? tested.store : null,
    scenarios: reports,
    durationMs: Math.round(performance.now() - startedAt),
    left,
  };
}

/** Whether not even the plainest rows could be delivered: then nothing else is worth its time. */
function isHopeless(reports: readonly ScenarioReport[]): boolean {
  return reports.some(({ name, outcome, error }) => name === 'basics' && outcome === 'failed' && error);
}

function skipped({ name, about, streams }: Scenario): ScenarioReport {
  return {
    name,
    about,
    outcome: 'skipped',
    reason: 'basics could not be delivered',
    streams: streams.length,
    syncs: 0,
    records: 0,
    differences: [],
    differenceCount: 0,
    warnings: [],
    durationMs: 0,
  };
}

/** Connections of two scenarios never meet, nor those of two tests that run at once. */
function connectionOf({ placing: { namespace, prefix } }: SmokePlan, { name }: Scenario): string {
  return `${namespace ?? ''}${prefix ?? ''}-${name}`.replaceAll(/[^\w.-]+/g, '-');
}

async function cleanUp(
  tested: Tested,
  plan: SmokePlan,
  scenarios: readonly Scenario[],
): Promise<SmokeTestRemains | null> {
  const streams = scenarios.flatMap((one) => one.streams.map((stream) => placedStream(stream, plan.placing)));
  const connections = scenarios.map((scenario) => connectionOf(plan, scenario));
  if (!plan.keep && (await tested.remove(streams, connections))) return null;
  if (streams.length === 0) return null;
  return {
    namespace: plan.placing.namespace ?? null,
    streamPrefix: plan.placing.prefix ?? '',
    streams: streams.map(streamLabel),
  };
}

function countOutcomes(reports: readonly ScenarioReport[]): Record<ScenarioOutcome, number> {
  const counts = { passed: 0, delivered: 0, refused: 0, skipped: 0, failed: 0 };
  for (const { outcome } of reports) counts[outcome] += 1;
  return counts;
}
