import type { ErrorCode } from '../../errors.ts';
import type { Warning } from '../../protocol/result.ts';
import type { Difference } from './compare-rows.ts';

/**
 * How a scenario went. `passed`: delivered, read back, and the same. `delivered`: its records were confirmed, and there
 * is no way of reading them back. `refused`: the destination said that it does not take such streams, which it may.
 */
export type ScenarioOutcome = 'passed' | 'delivered' | 'refused' | 'skipped' | 'failed';

/** What a smoke test found; `sluice smoke-test --json` prints the same object. */
export interface SmokeTestReport {
  readonly destination: string;
  /** Whether no scenario failed. */
  readonly success: boolean;
  readonly outcomes: Readonly<Record<ScenarioOutcome, number>>;
  /** Where the rows were read back from; null where they could not be. */
  readonly readBackFrom: string | null;
  readonly scenarios: readonly ScenarioReport[];
  readonly durationMs: number;
  /** What still lies in the destination; null where all was removed. */
  readonly left: SmokeTestRemains | null;
}

/** Streams that a smoke test has left in its destination. */
export interface SmokeTestRemains {
  readonly namespace: string | null;
  readonly streamPrefix: string;
  /** Labels of the streams, as results have them. */
  readonly streams: readonly string[];
}

/** How one scenario went. */
export interface ScenarioReport {
  readonly name: string;
  readonly about: string;
  readonly outcome: ScenarioOutcome;
  /** Why it failed, was refused or skipped, in a line. */
  readonly reason?: string;
  /** The error that the write ended with. */
  readonly error?: { readonly code: ErrorCode; readonly message: string; readonly guidance?: string };
  readonly streams: number;
  readonly syncs: number;
  /** Records that the destination has confirmed, over all syncs. */
  readonly records: number;
  /** The first of all differences; those that are no loss are told of in a scenario that passed, too. */
  readonly differences: readonly Difference[];
  readonly differenceCount: number;
  readonly warnings: readonly Warning[];
  readonly durationMs: number;
}

/** What happens during a smoke test, in order. */
export type SmokeTestEvent =
  | {
      readonly type: 'scenario_started';
      readonly scenario: string;
      /** The first is 1. */
      readonly number: number;
      readonly of: number;
    }
  | { readonly type: 'scenario_finished'; readonly report: ScenarioReport };
