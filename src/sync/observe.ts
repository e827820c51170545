import { ConnectorFailedError, ProtocolError } from '../errors.ts';
import {
  type ConfiguredStream,
  type StreamKey,
  streamKey,
  streamLabel,
  streamOfKey,
} from '../protocol/catalog.ts';
import type { SyncEvent } from '../protocol/events.ts';
import type { FlowItem, RecordBatch } from '../protocol/flow.ts';
import type { StateMessage, StreamStatus, TraceMessage } from '../protocol/messages.ts';
import type { Warning } from '../protocol/result.ts';
import { countOf, streamOfState } from '../protocol/state.ts';
import { stateLine } from '../protocol/state-line.ts';
import type { Ledger } from './ledger.ts';
import { descriptorOf, type StreamTally, type Tally } from './tally.ts';
import { traceErrors } from './trace-errors.ts';

export interface ObserveOptions {
  readonly source: string;
  readonly tally: Tally;
  readonly ledger: Ledger;
  /** Replace the source's own counts in its states, not only fill in missing ones. */
  readonly recountStates: boolean;
  readonly warn: (warning: Warning) => void;
  readonly onEvent: (event: SyncEvent) => void;
}

/** What a destination is given of what a source says; everything is counted on its way. */
export interface Observer {
  /** Of what the source has just said: RECORDS as they are, STATEs numbered. */
  pass(items: readonly FlowItem[]): readonly FlowItem[];
  /** When the source has ended well and left no stream incomplete, which else it throws: a COMPLETE for each. */
  last(): readonly FlowItem[];
}

export function observe(options: ObserveOptions): Observer {
  const watch = watchTraces(options);
  return {
    pass(items) {
      const passed: FlowItem[] = [];
      for (const item of items) {
        const one = pass(item, watch, options);
        if (one !== undefined) passed.push(one);
      }
      return passed;
    },
    last() {
      watch.judge();
      return [...missingStates(options), ...completes(options)];
    },
  };
}

function pass(item: FlowItem, watch: TraceWatch, options: ObserveOptions): FlowItem | undefined {
  switch (item.type) {
    case 'RECORDS':
      countRecords(item, options);
      return item;
    case 'STATE':
      return numbered(item, options);
    case 'TRACE':
      watch.see(item);
      return undefined;
    default:
      return undefined;
  }
}

function countRecords(batch: RecordBatch, { tally, ledger, source }: ObserveOptions): void {
  const tallies = batch.tally();
  for (const { stream: key, count, bytes } of tallies) {
    const stream = streamIn(tally, key, source);
    stream.read += count;
    stream.bytes += bytes;
  }
  ledger.sent(tallies.map(({ stream, count }) => [stream, count]));
}

function numbered(message: StateMessage, options: ObserveOptions, isInjected = false): StateMessage {
  const { ledger, tally, source, recountStates } = options;
  const key = streamOfState(message.state);
  if (key !== undefined) streamIn(tally, key, source);
  const { id, recordCount } = ledger.enter(message, { isInjected });
  const declared = countOf(message.state.sourceStats?.recordCount);
  if (declared !== undefined && declared !== recordCount) warnOfCount(declared, recordCount, key, options);
  const isFilled = declared === undefined || recountStates;
  const add = isFilled ? { id, sourceStats: { recordCount } } : { id };
  const sourceStats = isFilled
    ? { sourceStats: { ...message.state.sourceStats, ...add.sourceStats } }
    : undefined;
  return {
    ...message,
    state: { ...message.state, id, ...sourceStats },
    line: stateLine(message, add).subarray(0, -1),
  };
}

function warnOfCount(
  declared: number,
  counted: number,
  key: StreamKey | undefined,
  { tally, source, warn }: ObserveOptions,
): void {
  const stream = key === undefined ? undefined : tally.get(key)?.label;
  warn({
    code: 'source_count_differs',
    message: `${source} counted ${declared} records ${stream === undefined ? '' : `of ${stream} `}for a state where ${counted} came`,
    ...(stream === undefined ? {} : { stream }),
  });
}

function streamIn(tally: Tally, key: StreamKey, source: string): StreamTally {
  const stream = tally.get(key);
  if (stream !== undefined) return stream;
  const selected = [...tally.values()].map(({ label }) => label);
  const label = streamLabel(streamOfKey(key));
  throw new ProtocolError(`${source}: sent the stream ${label}, which is not in the catalog`, {
    guidance: `Selected are: ${shortList(selected)}. This is a fault of the source: report it to its author.`,
    context: { stream: label, selected },
  });
}

/** Full-refresh streams that had no state get an empty one, so that their delivery is confirmed too. It is never kept. */
function missingStates(options: ObserveOptions): readonly StateMessage[] {
  const without = [...options.tally.values()].filter(
    ({ key, configured }) => configured.sync_mode === 'full_refresh' && !options.ledger.hasState(key),
  );
  return without.map(({ configured }) => {
    const stream = { stream_descriptor: descriptorOf(configured), stream_state: {} };
    return numbered({ type: 'STATE', state: { type: 'STREAM', stream, data: undefined } }, options, true);
  });
}

function completes({ tally }: ObserveOptions): readonly TraceMessage[] {
  return [...tally.values()].map(({ configured }) => ({
    type: 'TRACE',
    trace: {
      type: 'STREAM_STATUS',
      emitted_at: Date.now(),
      stream_status: { stream_descriptor: descriptorOf(configured), status: 'COMPLETE' },
    },
  }));
}

interface TraceWatch {
  see(message: TraceMessage): void;
  /** Throws when by the source's own word something went wrong or is missing, however well it ended. */
  judge(): void;
}

function watchTraces({ source, tally, warn, onEvent }: ObserveOptions): TraceWatch {
  const incomplete = new Set<string>();
  /** Streams that were begun, and not said to be complete since. */
  const begun = new Set<StreamTally>();
  const errors = traceErrors(source);

  function see(message: TraceMessage): void {
    errors.hear([message]);
    const { trace } = message;
    switch (trace.type) {
      case 'STREAM_STATUS': {
        const { stream_descriptor, status } = trace.stream_status;
        const label = streamLabel(stream_descriptor);
        const stream = tally.get(streamKey(stream_descriptor));
        if (stream !== undefined) note(stream, status);
        if (status === 'INCOMPLETE') incomplete.add(label);
        else if (status === 'COMPLETE') incomplete.delete(label);
        if (stream !== undefined || status === 'INCOMPLETE')
          onEvent({ type: 'stream_status', stream: label, status });
        return;
      }
      case 'ESTIMATE': {
        const { type, name, namespace, row_estimate, byte_estimate } = trace.estimate;
        onEvent({
          type: 'estimate',
          ...(type === 'STREAM' ? { stream: streamLabel({ name, namespace }) } : {}),
          ...(typeof row_estimate === 'number' ? { records: row_estimate } : {}),
          ...(typeof byte_estimate === 'number' ? { bytes: byte_estimate } : {}),
        });
        return;
      }
      default:
        return;
    }
  }

  function note(stream: StreamTally, status: StreamStatus): void {
    if (status === 'COMPLETE') begun.delete(stream);
    else if (stream.status !== 'COMPLETE' || status === 'STARTED') begun.add(stream);
    stream.status = status;
  }

  function judge(): void {
    errors.refuse();
    if (incomplete.size > 0) {
      const streams = [...incomplete];
      throw new ConnectorFailedError(`${source}: left ${shortList(streams)} incomplete`, {
        guidance: 'Its log says why. What was confirmed is kept; run again to read the rest.',
        context: { incomplete: streams },
      });
    }
    refuseToReplace([...begun].filter(({ configured }) => isReplaced(configured)));
    for (const { label } of begun) {
      warn({
        code: 'stream_not_completed',
        message: `${source} began ${label} and ended without saying that it is complete`,
        stream: label,
      });
    }
  }

  /** What may be a part must not take the place of good data. */
  function refuseToReplace(streams: readonly StreamTally[]): void {
    if (streams.length === 0) return;
    const labels = streams.map(({ label }) => label);
    throw new ProtocolError(`${source}: ended without saying that ${shortList(labels)} is complete`, {
      guidance: 'What it sent may be a part only, so the older data was not replaced. Its log may say why.',
      context: { incomplete: labels },
    });
  }

  return { see, judge };
}

/** Whether a stream's older data goes when it is complete. */
function isReplaced({ minimum_generation_id }: ConfiguredStream): boolean {
  return (minimum_generation_id ?? 0) > 0;
}

function shortList(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
