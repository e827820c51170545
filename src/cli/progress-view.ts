import type { SyncEvent, SyncProgress } from '../protocol/events.ts';
import type { StreamStatus } from '../protocol/messages.ts';

/** All that the display of a running write needs to know; made from its events, one after another. */
export interface ProgressView {
  readonly source: string;
  readonly destination: string;
  /** In the catalog's order. */
  readonly streams: readonly StreamView[];
  readonly elapsedMs: number;
  readonly bytes: number;
  /** States made durable. */
  readonly states: number;
  readonly waitingFor: SyncProgress['waitingFor'] | undefined;
  /** Whether the write has begun, after all that comes before it: finding, installing, asking for streams. */
  readonly isStarted: boolean;
  /** What is done before that. */
  readonly doing: string;
  /** The last few seconds, oldest first: speeds are measured over these, and so do not flicker. */
  readonly recent: readonly Sample[];
}

export interface StreamView {
  readonly label: string;
  readonly read: number;
  readonly confirmed: number;
  readonly bytes: number;
  readonly status: StreamStatus | undefined;
  /** How many records the source expects to have. */
  readonly expected: number | undefined;
}

interface Sample {
  readonly elapsedMs: number;
  readonly waitingFor: SyncProgress['waitingFor'];
  readonly streams: ReadonlyMap<string, { readonly read: number; readonly bytes: number }>;
}

export const emptyView: ProgressView = {
  source: '',
  destination: '',
  streams: [],
  elapsedMs: 0,
  bytes: 0,
  states: 0,
  waitingFor: undefined,
  isStarted: false,
  doing: 'getting ready',
  recent: [],
};

/** The view after one more event. */
export function advance(view: ProgressView, event: SyncEvent): ProgressView {
  switch (event.type) {
    case 'started':
      return {
        ...view,
        source: event.source,
        destination: event.destination,
        isStarted: true,
        streams: event.streams.map((label) => newStream(label)),
      };
    case 'progress':
      return withProgress(view, event.progress);
    case 'stream_status':
      return withStream(view, event.stream, (stream) => ({ ...stream, status: event.status }));
    case 'estimate':
      if (event.stream === undefined || event.records === undefined) return view;
      return withStream(view, event.stream, (stream) => ({ ...stream, expected: event.records }));
    case 'state_saved':
      return { ...view, states: event.states };
    case 'finished':
    case 'failed':
      return {
        ...withResult(view, event.result.streams),
        elapsedMs: event.result.durationMs,
        bytes: event.result.bytes,
        states: event.result.states,
        waitingFor: undefined,
        recent: [],
      };
    default:
      return view;
  }
}

/** What a write has waited for during most of the last seconds. */
export function mostlyWaitingFor({ recent, waitingFor }: ProgressView): ProgressView['waitingFor'] {
  const tally = new Map<SyncProgress['waitingFor'], number>();
  for (const sample of recent) tally.set(sample.waitingFor, (tally.get(sample.waitingFor) ?? 0) + 1);
  return [...tally].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? waitingFor;
}

/** Records and bytes a second over the last seconds, of one stream or of all. */
export function speed(
  view: ProgressView,
  label?: string,
): { readonly records: number; readonly bytes: number } {
  const [oldest] = view.recent;
  const newest = view.recent.at(-1);
  if (oldest === undefined || newest === undefined || newest.elapsedMs <= oldest.elapsedMs) {
    return { records: 0, bytes: 0 };
  }
  const seconds = (newest.elapsedMs - oldest.elapsedMs) / 1000;
  const before = total(oldest, label);
  const after = total(newest, label);
  return { records: (after.read - before.read) / seconds, bytes: (after.bytes - before.bytes) / seconds };
}

const recentMs = 5_000;

function withProgress(view: ProgressView, progress: SyncProgress): ProgressView {
  const sample: Sample = {
    elapsedMs: progress.elapsedMs,
    waitingFor: progress.waitingFor,
    streams: new Map(Object.entries(progress.streams)),
  };
  const start: Sample = { ...sample, elapsedMs: 0, streams: new Map() };
  const before = view.recent.length === 0 ? [start] : view.recent;
  return {
    ...withResult(view, progress.streams),
    elapsedMs: progress.elapsedMs,
    bytes: progress.bytes,
    waitingFor: progress.waitingFor,
    recent: [...before.filter((one) => one.elapsedMs >= progress.elapsedMs - recentMs), sample],
  };
}

interface StreamFigures {
  readonly read: number;
  readonly confirmed: number;
  readonly bytes: number;
  readonly status: StreamStatus | 'complete' | 'incomplete' | undefined;
}

function withResult(view: ProgressView, figures: Readonly<Record<string, StreamFigures>>): ProgressView {
  const known = new Set(view.streams.map((stream) => stream.label));
  const unannounced = Object.keys(figures).filter((label) => !known.has(label));
  const streams = [...view.streams, ...unannounced.map((label) => newStream(label))].map((stream) => {
    const now = figures[stream.label];
    if (now === undefined) return stream;
    const { read, confirmed, bytes } = now;
    const wasBegun = read > 0 || stream.status !== undefined;
    const status = now.status === 'incomplete' && !wasBegun ? undefined : statusOf(now.status);
    return { ...stream, read, confirmed, bytes, status: status ?? stream.status };
  });
  return { ...view, streams };
}

function statusOf(status: StreamFigures['status']): StreamStatus | undefined {
  if (status === 'complete') return 'COMPLETE';
  return status === 'incomplete' ? 'INCOMPLETE' : status;
}

function withStream(
  view: ProgressView,
  label: string,
  change: (stream: StreamView) => StreamView,
): ProgressView {
  return {
    ...view,
    streams: view.streams.map((stream) => (stream.label === label ? change(stream) : stream)),
  };
}

function newStream(label: string): StreamView {
  return { label, read: 0, confirmed: 0, bytes: 0, status: undefined, expected: undefined };
}

function total(
  { streams }: Sample,
  label: string | undefined,
): { readonly read: number; readonly bytes: number } {
  if (label !== undefined) return streams.get(label) ?? { read: 0, bytes: 0 };
  let read = 0;
  let bytes = 0;
  for (const stream of streams.values()) {
    read += stream.read;
    bytes += stream.bytes;
  }
  return { read, bytes };
}
