import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Connection, deliveredRuns } from './connection.ts';
import { expectNoStateAhead, expectNothingMissing, expectResumed, savedPositions } from './positions.ts';
import type { Random } from './random.ts';
import { type Ended, type Kill, runOnce, type Victim } from './run.ts';

interface Round {
  readonly random: Random;
  readonly open: (writeBytes: number) => Promise<Connection>;
  /** How the victim is killed, where not by its process id. */
  readonly strike?: Kill['strike'];
}

/**
 * Runs one connection, killing again and again, until a run ends by itself. Returns the number of kills. Killed within
 * its first second, before any state is saved, a run gets nowhere: after some kills one is let alone.
 */
export async function surviveRound(victim: Victim, { random, open, strike }: Round): Promise<number> {
  await using connection = await open(1 + Math.floor(random(3000)));
  let earlier = 0;
  for (let kills = 0; ; kills += 1) {
    const saved = await savedPositions(connection);
    const kill = kills < mostKills ? { ...killOf(victim, random), strike } : undefined;
    const ended = await runOnce(connection, kill);
    expectTold(victim, ended);
    if (victim === 'sluice' && ended.killed) await letAMinutePass(connection);
    else await expectNoFileLeft(connection);
    const now = await savedPositions(connection);
    const runs = await deliveredRuns(connection);
    expectResumed(saved, runs.slice(earlier).flat());
    earlier = runs.length;
    expectNoStateAhead(now, runs);
    if (!ended.killed) {
      expectNothingMissing(now, runs);
      return kills;
    }
  }
}

const mostKills = 12;

/** Roughly how many signs of life a whole run gives; beyond them a kill finds nobody. */
const moments = {
  starting: { from: 1, to: 12 },
  firstStates: { from: 40, to: 140 },
  any: { from: 1, to: 1200 },
} as const;

function killOf(victim: Victim, random: Random): Kill {
  const dice = random(6);
  const { from, to } = dice < 1 ? moments.starting : dice < 3 ? moments.firstStates : moments.any;
  return { victim, after: Math.floor(from + random(to - from)) };
}

/** Sluice itself says nothing any more; otherwise it names the one that was killed. */
function expectTold(victim: Victim, ended: Ended): void {
  if (!ended.killed) expect(ended).toMatchObject({ exitCode: 0, signal: null });
  else if (victim === 'sluice') expect(ended).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  else {
    const told = new RegExp(`^\\{"code":"connector_failed","message":"${victim}-chaos: .*SIGKILL`);
    expect(ended).toMatchObject({ exitCode: 1, output: expect.stringMatching(told) });
  }
}

/** Folders that died before their maker could sign them are swept when they are a minute old. */
async function letAMinutePass({ temporary }: Connection): Promise<void> {
  const aMinuteAgo = Date.now() / 1000 - 61;
  for (const name of await readdir(temporary)) await utimes(join(temporary, name), aMinuteAgo, aMinuteAgo);
}

async function expectNoFileLeft({ temporary, home }: Connection): Promise<void> {
  expect(await readdir(temporary)).toEqual([]);
  const states = await readdir(join(home, 'state'));
  expect(states.filter((name) => !name.endsWith('.json'))).toEqual([]);
}
