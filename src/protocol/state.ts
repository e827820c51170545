import { z } from 'zod';
import { streamDescriptorSchema } from './catalog.ts';

const statsSchema = z.looseObject({
  recordCount: z.coerce.number().nullish(),
  rejectedRecordCount: z.coerce.number().nullish(),
});
export type StateStats = z.infer<typeof statsSchema>;

const streamStateSchema = z.looseObject({
  stream_descriptor: streamDescriptorSchema,
  stream_state: z.unknown().optional(),
});

/** The payload of a STATE. Its content is the source's own and opaque; `type` absent means LEGACY. */
export const stateSchema = z.looseObject({
  type: z.enum(['STREAM', 'GLOBAL', 'LEGACY']).nullish(),
  stream: streamStateSchema.nullish(),
  global: z
    .looseObject({ shared_state: z.unknown().optional(), stream_states: z.array(streamStateSchema) })
    .nullish(),
  data: z.unknown().optional(),
  sourceStats: statsSchema.nullish(),
  destinationStats: statsSchema.nullish(),
});
export type State = z.infer<typeof stateSchema>;

export type StateType = 'STREAM' | 'GLOBAL' | 'LEGACY';

/** Which kind of state this is; a state that names its stream or its shared part is what it holds, whatever it calls itself. */
export function stateType(state: State): StateType {
  if (state.stream) return 'STREAM';
  if (state.global) return 'GLOBAL';
  return 'LEGACY';
}
