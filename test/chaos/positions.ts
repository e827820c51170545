import { join } from 'node:path';
import { expect } from 'vitest';
import { StateFolder } from '../../src/caches/state-folder.ts';
import type { ConnectionId } from '../../src/protocol/flow.ts';
import { type Connection, type Place, recordsPerStream, streams } from './connection.ts';

/** How far each stream has come, as the saved state says. */
export type Positions = ReadonlyMap<string, number>;

export async function savedPositions({ home, name }: Connection): Promise<Positions> {
  const folder = new StateFolder({ folder: join(home, 'state') });
  await using memory = await folder.open(name as ConnectionId);
  return new Map(
    memory.states.map(({ state }) => {
      const { stream_descriptor: descriptor, stream_state: position } = state.stream ?? unknownState();
      return [keyOf(descriptor), (position as { position: number }).position];
    }),
  );
}

/** A run goes on exactly behind what was saved: nothing left out, nothing repeated that was confirmed. */
export function expectResumed(saved: Positions, run: readonly Place[]): void {
  for (const [stream, positions] of byStream(run)) {
    const from = (saved.get(stream) ?? 0) + 1;
    expect(positions, stream).toEqual(positions.map((_, index) => from + index));
  }
}

/** Every record up to a saved position lies in the destination. */
export function expectNoStateAhead(saved: Positions, runs: readonly (readonly Place[])[]): void {
  const delivered = byStream(runs.flat());
  for (const [stream, position] of saved) {
    expect(missing(new Set(delivered.get(stream)), position), `${stream} is saved at ${position}`).toEqual(
      [],
    );
  }
}

/** Every record of the input lies in the destination, and the state says so. */
export function expectNothingMissing(saved: Positions, runs: readonly (readonly Place[])[]): void {
  expectNoStateAhead(saved, runs);
  const all = streams.map((stream) => [keyOf(stream), recordsPerStream] as const);
  expect(saved).toEqual(new Map(all));
}

function missing(delivered: ReadonlySet<number>, upTo: number): readonly number[] {
  return Array.from({ length: upTo }, (_, index) => index + 1).filter((position) => !delivered.has(position));
}

function byStream(places: readonly Place[]): ReadonlyMap<string, readonly number[]> {
  const positions = new Map<string, number[]>();
  for (const { stream, position } of places) {
    const list = positions.get(stream) ?? [];
    positions.set(stream, list);
    list.push(position);
  }
  return positions;
}

function keyOf({ name, namespace }: { name: string; namespace?: string | null | undefined }): string {
  return JSON.stringify([namespace ?? null, name]);
}

function unknownState(): never {
  return expect.fail('a state that the source has not made');
}
