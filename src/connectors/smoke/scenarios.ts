import { InputError } from '../../errors.ts';
import { didYouMean } from '../../protocol/nearest.ts';
import { keyScenarios } from './key-scenarios.ts';
import { nameScenarios } from './name-scenarios.ts';
import { nestedScenarios } from './nested-scenarios.ts';
import { nullScenarios } from './null-scenarios.ts';
import { numberScenarios } from './number-scenarios.ts';
import type { Scenario } from './scenario.ts';
import { sizeScenarios } from './size-scenarios.ts';
import { textScenarios } from './text-scenarios.ts';
import { timeScenarios } from './time-scenarios.ts';
import { writeScenarios } from './write-scenarios.ts';

/** Everything that a destination must bear. `basics` is the first. */
export const allScenarios: readonly Scenario[] = [
  ...nullScenarios,
  ...numberScenarios,
  ...textScenarios,
  ...timeScenarios,
  ...nestedScenarios,
  ...nameScenarios,
  ...keyScenarios,
  ...writeScenarios,
  ...sizeScenarios,
];

/** What the scenarios of a smoke test are, in the order in which they are tried. */
export function listScenarios(): readonly {
  readonly name: string;
  readonly about: string;
  readonly isSlow: boolean;
}[] {
  return allScenarios.map(({ name, about, isSlow = false }) => ({ name, about, isSlow }));
}

/** The scenarios of these names, in the order of the whole. */
export function scenariosNamed(
  names: readonly string[],
  all: readonly Scenario[] = allScenarios,
): readonly Scenario[] {
  const wanted = new Set(names);
  for (const name of wanted) if (!all.some((one) => one.name === name)) throw unknownScenario(name, all);
  return all.filter(({ name }) => wanted.has(name));
}

function unknownScenario(name: string, all: readonly Scenario[]): InputError {
  const known = all.map((one) => one.name);
  const hint = didYouMean(name, known);
  return new InputError(
    `there is no smoke-test scenario ${JSON.stringify(name)}${hint === undefined ? '' : `; ${hint}`}`,
    {
      guidance: `sluice smoke-test --list shows all: ${known.join(', ')}.`,
      context: { scenario: name, known },
    },
  );
}
