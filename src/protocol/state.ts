import { z } from 'zod';
import { type ConfiguredStream, type StreamKey, streamDescriptorSchema, streamKey } from './catalog.ts';

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

/** A count as connectors write it: `10`, `10.0`, `"10"`; undefined where none is given. */
export function countOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const count = Number(value);
  return Number.isFinite(count) ? count : undefined;
}

/** Which kind of state this is; a state that names its stream or its shared part is what it holds, whatever it calls itself. */
export function stateType(state: State): StateType {
  if (state.stream) return 'STREAM';
  if (state.global) return 'GLOBAL';
  return 'LEGACY';
}

/** Whether a state holds what it is to be kept for: a stream, a shared part, or `data`. One without a type may be empty. */
export function holdsItsKind({ type = null, stream, global, data = null }: State): boolean {
  if (stream || global || type === null) return true;
  return type === 'LEGACY' && data !== null;
}

/** The stream of a STREAM state; GLOBAL and LEGACY have none. */
export function streamOfState(state: State): StreamKey | undefined {
  return state.stream ? streamKey(state.stream.stream_descriptor) : undefined;
}

/**
 * What a state says, spelt in one way: without what travels beside it (`id`, statistics), keys in order, null and
 * absent alike, numbers by value. Destinations that parse a state and write it again change all of these.
 */
export function stateContent(state: State): string {
  const { type: _type, id: _id, sourceStats: _source, destinationStats: _destination, ...content } = state;
  return canonical(content);
}

/**
 * What may be told to the source of its saved states: those of the streams that it reads incrementally. A full refresh
 * never receives the state of an earlier run. A LEGACY state cannot be taken apart.
 */
export function offeredStates(
  saved: readonly State[],
  streams: readonly ConfiguredStream[],
): readonly State[] {
  const incremental = streams.filter(({ sync_mode }) => sync_mode === 'incremental');
  const keys = new Set(incremental.map(({ stream }) => streamKey(stream)));
  return keys.size === 0 ? [] : keptStates(saved, (key) => keys.has(key));
}

/** The states without those of the streams that start anew; a shared state goes when no stream is left that it speaks of. */
export function withoutStreams(
  saved: readonly State[],
  { restarted, streams }: { readonly restarted: ReadonlySet<StreamKey>; readonly streams: number },
): readonly State[] {
  const kept = keptStates(saved, (key) => !restarted.has(key));
  const allRestart = restarted.size === streams;
  return kept.filter((state) => {
    if (stateType(state) === 'LEGACY') return !allRestart;
    return !state.global || !allRestart || state.global.stream_states.length > 0;
  });
}

/**
 * The saved states with newer ones taken in: STREAM replaces its own stream's (and is dropped when it says null, a
 * reset), GLOBAL and LEGACY replace everything, and a STREAM after these does too, because the source changed its kind.
 */
export function mergeStates(saved: readonly State[], newer: readonly State[]): readonly State[] {
  let merged = new Map(saved.map((state) => [streamOfState(state), state]));
  for (const state of newer) {
    const key = streamOfState(state);
    if (key === undefined || merged.has(undefined)) merged = new Map();
    if (key !== undefined && (state.stream?.stream_state ?? null) === null) merged.delete(key);
    else merged.set(key, state);
  }
  return [...merged.values()];
}

function keptStates(saved: readonly State[], isKept: (key: StreamKey) => boolean): readonly State[] {
  return saved.flatMap((state) => {
    const key = streamOfState(state);
    if (key !== undefined) return isKept(key) ? [state] : [];
    if (!state.global) return [state];
    const stream_states = state.global.stream_states.filter(({ stream_descriptor }) =>
      isKept(streamKey(stream_descriptor)),
    );
    return [{ ...state, global: { ...state.global, stream_states } }];
  });
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === 'bigint') return String(Number(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  // What a number that keeps its spelling is called by; it turns into a number, or throws where that would lose digits.
  if ('isLosslessNumber' in value) return String(Number(value.toString()));
  const fields = Object.entries(value).filter(([, field]) => field !== null && field !== undefined);
  const sorted = fields.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join()}}`;
}
