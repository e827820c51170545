import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { LogSink } from '../../protocol/log.ts';
import type { Timeouts } from '../../protocol/timeouts.ts';
import { parseOptions, timeoutsSchema } from '../options.ts';
import { type CustomScenario, customScenarios } from './custom-scenarios.ts';
import type { Scenario } from './scenario.ts';
import type { Placing } from './scenario-source.ts';
import { allScenarios, scenariosNamed } from './scenarios.ts';
import type { SmokeTestEvent } from './smoke-report.ts';

/** How a destination is tried. */
export interface SmokeTestOptions {
  /** The names of the scenarios to try. Default: all that are quick, and those of one's own. */
  readonly scenarios?: readonly string[] | undefined;
  /** Whether to try the slow ones as well: a record of 10 MB, and 100,000 records. */
  readonly slow?: boolean | undefined;
  /** Scenarios of one's own. */
  readonly custom?: readonly CustomScenario[] | undefined;
  /** The namespace of all streams. Default: a new one, `sluice_smoke_…`; `false`: none. */
  readonly namespace?: string | false | undefined;
  /** What the names of all streams begin with. Default: nothing, or `sluice_smoke_…_` where there is no namespace. */
  readonly streamPrefix?: string | undefined;
  /** Whether also another spelling, null in the place of nothing, and an undeclared field left out are failures. */
  readonly strict?: boolean | undefined;
  /** Whether the streams are left in a cache, too. Those in a destination always are. */
  readonly keep?: boolean | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log?: LogSink | undefined;
  /** Hears of each scenario when it begins and ends. */
  readonly onEvent?: ((event: SmokeTestEvent) => void) | undefined;
}

/** The options with what they mean: which scenarios, and where their streams lie. */
export interface SmokePlan {
  readonly scenarios: readonly Scenario[];
  readonly placing: Placing;
  readonly strict: boolean;
  readonly keep: boolean;
}

/** Refuses options that make no sense, before anything is done. */
export function planSmokeTest(given: SmokeTestOptions, destination: string): SmokePlan {
  const options = parseOptions(schema, given, `smoke test of ${destination}`);
  const own = customScenarios(options.custom ?? []);
  const all = [...allScenarios, ...own];
  const { scenarios, slow = false, strict = false, keep = false } = options;
  const run = runName();
  const namespace = options.namespace === false ? undefined : (options.namespace ?? run);
  const prefix = options.streamPrefix ?? (namespace === undefined ? `${run}_` : '');
  return {
    scenarios:
      scenarios === undefined
        ? all.filter(({ isSlow = false }) => slow || !isSlow)
        : scenariosNamed(scenarios, all),
    placing: { namespace, prefix },
    strict,
    keep,
  };
}

/** A name that nothing in a destination has yet, and that tells when it was made. */
function runName(): string {
  const stamp = new Date()
    .toISOString()
    .replaceAll(/[-:]|\..*$/g, '')
    .replace('T', '_');
  return `sluice_smoke_${stamp}_${randomBytes(2).toString('hex')}`;
}

const aFunction = z.custom<unknown>((value) => typeof value === 'function', { error: 'must be a function' });
const flag = z.boolean({ error: 'must be true or false' });
const text = z.string({ error: 'must be text' });

const schema = z.strictObject({
  scenarios: z
    .array(text, { error: 'must be a list of names' })
    .min(1, { error: 'must name at least one scenario' })
    .optional(),
  slow: flag.optional(),
  custom: z.array(z.unknown(), { error: 'must be a list of scenarios' }).optional(),
  namespace: z
    .union([z.literal(false), text.min(1)], { error: 'must be text that is not empty, or false' })
    .optional(),
  streamPrefix: text.optional(),
  strict: flag.optional(),
  keep: flag.optional(),
  timeouts: timeoutsSchema.optional(),
  signal: z.custom<AbortSignal>((value) => value instanceof AbortSignal).optional(),
  log: aFunction.optional(),
  onEvent: aFunction.optional(),
});
