import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containersOf, hasDocker, testDocker, withDocker } from '../fixtures/docker/engine.ts';
import { nodeImage, nodeInside } from '../fixtures/docker/images.ts';
import { openConnection } from './connection.ts';
import { randomFrom } from './random.ts';
import { surviveRound } from './round.ts';
import type { Victim } from './run.ts';

const seed = Number(process.env['SLUICE_CHAOS_SEED'] ?? Date.now() % 1_000_000);
const trials = Math.ceil(Number(process.env['SLUICE_CHAOS_TRIALS'] ?? 200) / 4);
const victims: readonly Victim[] = ['source', 'destination', 'sluice'];

describe.skipIf(!hasDocker)(
  `${withDocker}, SIGKILL at random moments, ${trials} times in all (SLUICE_CHAOS_SEED=${seed})`,
  () => {
    const images = { source: '', destination: '' };
    beforeAll(async () => {
      for (const role of ['source', 'destination'] as const) {
        images[role] = await nodeImage({ entrypoint: ['/bin/sh', `/local/${role}`], hasShell: true });
      }
    });
    afterAll(async () => {
      // The last start of all has nobody after it.
      expect(await containersOf('source-chaos')).toEqual([]);
      expect(await containersOf('destination-chaos')).toEqual([]);
    });

    it.each(victims)(
      'of the container of the %s loses no record, saves no state ahead of the data, and leaves no container and no file',
      async (victim) => {
        const share = Math.ceil((trials - victims.indexOf(victim)) / victims.length);
        const random = randomFrom(seed + victims.indexOf(victim));
        const open = (writeBytes: number) =>
          openConnection(writeBytes, { ...images, node: nodeInside, fixtures: '/connectors' });
        let kills = 0;
        while (kills < share) {
          kills += await surviveRound(victim, { random, open, ...(victim === 'sluice' ? {} : { strike }) });
        }
        process.stdout.write(
          `chaos: SIGKILL of the container of the ${victim} ${kills} times, seed ${seed}\n`,
        );
      },
      900_000,
    );
  },
);

/** Kills the container of one side that runs just now, if any does. */
async function strike(victim: Victim): Promise<boolean> {
  const found = (await containersOf(`${victim}-chaos`)).find(({ State }) => State === 'running');
  if (found === undefined) return false;
  return testDocker()
    .getContainer(found.Id)
    .kill({ signal: 'SIGKILL' })
    .then(
      () => true,
      () => false,
    );
}
