import type { z } from 'zod';
import { StateDamagedError } from '../../errors.ts';
import { type StreamDescriptor, streamKey, streamLabel } from '../../protocol/catalog.ts';
import type { StateMessage } from '../../protocol/messages.ts';

/** What a stream's last state says, as its source reads it, or undefined where there is none. */
export function savedState<T>(
  source: string,
  stream: StreamDescriptor,
  states: readonly StateMessage[],
  schema: z.ZodType<T>,
): T | undefined {
  const key = streamKey(stream);
  const saved = states.findLast(
    ({ state }) => state.stream && streamKey(state.stream.stream_descriptor) === key,
  )?.state.stream?.stream_state;
  if (saved === undefined || saved === null) return undefined;
  const parsed = schema.safeParse(saved);
  if (parsed.success) return parsed.data;
  throw new StateDamagedError(`${source}: the saved state of ${streamLabel(stream)} is not one of its own`, {
    guidance: 'Run once as a full refresh to start anew.',
    context: { stream: streamLabel(stream) },
    cause: parsed.error,
  });
}
