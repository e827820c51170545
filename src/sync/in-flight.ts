import type { StreamKey } from '../protocol/catalog.ts';
import type { StateMessage } from '../protocol/messages.ts';
import { countOf, type StateStats, stateContent } from '../protocol/state.ts';

/** A state in flight: its number, and the records since the previous state of its stream (of all streams, where it is shared). */
export interface SentState {
  readonly id: number;
  readonly recordCount: number;
}

export interface Entry extends SentState {
  readonly message: StateMessage;
  readonly counts: ReadonlyMap<StreamKey, number>;
  readonly isInjected: boolean;
  readonly queue: Queue;
  /** Its content, once a state had to be looked for by that. */
  content?: string;
}

/** States in flight that are confirmed in order: those of one stream, or all where they are shared. */
export interface Queue {
  readonly entries: Map<number, Entry>;
  /** What the destination confirmed last, when it had to be recognised by its content. */
  recognised: Recognised | undefined;
}

interface Recognised {
  readonly content: string;
  /** How many records it says were written or refused. */
  readonly count: number | undefined;
  /** How many records it was taken to stand for. */
  readonly settled: number;
  /** The last state that had been sent when it came. */
  readonly lastId: number;
}

/** A state and those before it in its queue: what its confirmation stands for. */
export function* upTo(last: Entry): Iterable<Entry> {
  for (const entry of last.queue.entries.values()) {
    yield entry;
    if (entry === last) return;
  }
}

/** What a state in flight says, however it is spelt. */
export function contentOf(entry: Entry): string {
  entry.content ??= stateContent(entry.message.state);
  return entry.content;
}

/** Whether all that is left of a queue may be what came back last: sent before it, equal to it, and in its count. */
export function isRepeated({ entries, recognised }: Queue): boolean {
  if (recognised === undefined) return false;
  const { content, count, settled, lastId } = recognised;
  const left = [...entries.values()];
  const records = countIn(left);
  if (count !== undefined && records > 0 && count !== settled + records) return false;
  return left.every((entry) => entry.id <= lastId && contentOf(entry) === content);
}

/** Whether the count of a confirmation, where it has one, is right for a state or for all that it stands for. */
export function isCounted(
  last: Entry,
  span: readonly Entry[],
  stats: StateStats | null | undefined,
): boolean {
  const { written, refused } = countsOf(stats);
  const all = countIn(span);
  if (written === undefined) return refused <= all;
  // A destination may answer with the count that the source declared, which may cover one partition of several.
  const declared = countOf(last.message.state.sourceStats?.recordCount);
  return [last.recordCount, all, declared].includes(written + refused);
}

export function countsOf(stats: StateStats | null | undefined): {
  readonly written: number | undefined;
  readonly refused: number;
} {
  return {
    written: countOf(stats?.recordCount),
    refused: countOf(stats?.rejectedRecordCount) ?? 0,
  };
}

export function countIn(span: readonly Entry[]): number {
  return span.reduce((count, entry) => count + entry.recordCount, 0);
}
