import { describe, it } from 'vitest';
import { openConnection } from './connection.ts';
import { randomFrom } from './random.ts';
import { surviveRound } from './round.ts';
import type { Victim } from './run.ts';

const seed = Number(process.env['SLUICE_CHAOS_SEED'] ?? Date.now() % 1_000_000);
const trials = Number(process.env['SLUICE_CHAOS_TRIALS'] ?? 200);
const victims: readonly Victim[] = ['source', 'destination', 'sluice'];

describe(`SIGKILL at random moments, ${trials} times in all (SLUICE_CHAOS_SEED=${seed})`, () => {
  it.concurrent.each(victims)(
    'of the %s loses no record, saves no state ahead of the data, and leaves no process and no file',
    async (victim) => {
      const share = Math.ceil((trials - victims.indexOf(victim)) / victims.length);
      const random = randomFrom(seed + victims.indexOf(victim));
      let kills = 0;
      while (kills < share) kills += await surviveRound(victim, { random, open: openConnection });
      process.stdout.write(`chaos: SIGKILL of the ${victim} ${kills} times, seed ${seed}\n`);
    },
    600_000,
  );
});
