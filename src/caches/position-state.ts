import { z } from 'zod';
import { type StreamKey, streamOfKey } from '../protocol/catalog.ts';
import type { StateMessage } from '../protocol/messages.ts';
import { type State, streamOfState } from '../protocol/state.ts';

/** How far a table has been sent on: up to which position, and of which table, should it be replaced. */
export interface PositionState {
  readonly position: number;
  readonly table: string;
}

/** The STATE that says so. */
export function positionState(stream: StreamKey, { position, table }: PositionState): StateMessage {
  const { name, namespace } = streamOfKey(stream);
  const descriptor = namespace === null ? { name } : { name, namespace };
  return {
    type: 'STATE',
    state: {
      type: 'STREAM',
      stream: { stream_descriptor: descriptor, stream_state: { position, table } },
    },
  };
}

/** The positions in these states, by stream. */
export function positionsIn(states: readonly State[]): ReadonlyMap<StreamKey, PositionState> {
  const positions = new Map<StreamKey, PositionState>();
  for (const state of states) {
    const key = streamOfState(state);
    const { data } = positionSchema.safeParse(state.stream?.stream_state);
    if (key !== undefined && data !== undefined) positions.set(key, data);
  }
  return positions;
}

const positionSchema = z.object({ position: z.number(), table: z.string() });
