import { DeliveryError, ProtocolError } from '../errors.ts';
import { type StreamKey, streamLabel, streamOfKey } from '../protocol/catalog.ts';
import type { FlowItem } from '../protocol/flow.ts';
import type { StateMessage } from '../protocol/messages.ts';
import {
  type StateStats,
  type StateType,
  stateContent,
  stateType,
  streamOfState,
} from '../protocol/state.ts';
import {
  contentOf,
  countIn,
  countsOf,
  type Entry,
  isCounted,
  isRepeated,
  type Queue,
  type SentState,
  upTo,
} from './in-flight.ts';
import { recentTexts } from './recent-texts.ts';

/** The account of states in flight: what went to the destination, and what it has confirmed. */
export interface Ledger {
  /** Records confirmed so far, by stream. */
  readonly confirmed: ReadonlyMap<StreamKey, number>;
  /** Records that the destination refused, by stream; `undefined` where a shared state does not say whose they were. */
  readonly rejected: ReadonlyMap<StreamKey | undefined, number>;
  /** Takes down records on their way to the destination. */
  sent(counts: Iterable<readonly [StreamKey, number]>): void;
  /** Takes down a state on its way to the destination. */
  enter(message: StateMessage, options?: { readonly isInjected?: boolean }): SentState;
  /** Whether any state of this stream, or one for all streams, has been entered. */
  hasState(stream: StreamKey): boolean;
  /** Reads off what the destination's answers confirm; throws DeliveryError after the last one that counts right. */
  confirm(items: readonly FlowItem[]): Iterable<Confirmation>;
  /**
   * Closes the account when the destination has ended well; throws DeliveryError for the source's states that never
   * came back, and for records of which nothing ever did.
   */
  close(): Closing;
}

/** A state that is safe to keep; `message` is the source's own, absent for one that Sluice made up. */
export interface Confirmation {
  readonly message: StateMessage | undefined;
  /** How many of the source's states are settled by it, itself included. */
  readonly states: number;
}

/** Records that no state speaks for: they count as taken, because the destination ended well. */
export interface Closing {
  readonly unspoken: ReadonlyMap<StreamKey, number>;
}

/** `onUnknown` hears of a confirmation that nobody sent. */
export function openLedger({ source, destination, onUnknown }: LedgerOptions): Ledger {
  const confirmed = new Map<StreamKey, number>();
  const rejected = new Map<StreamKey | undefined, number>();
  const queues = new Map<StreamKey | undefined, Queue>();
  const inFlight = new Map<number, Entry>();
  const settled = recentTexts(2_000);
  let pending = new Map<StreamKey, number>();
  let kind: StateType | undefined;
  let lastId = 0;
  let hasAnswer = false;

  function enter(message: StateMessage, { isInjected = false } = {}): SentState {
    kind = sameKind(source, kind, stateType(message.state));
    const stream = streamOfState(message.state);
    const counts = take(stream);
    const queue = queues.get(stream) ?? { entries: new Map<number, Entry>(), recognised: undefined };
    queues.set(stream, queue);
    lastId += 1;
    const recordCount = sum(counts);
    const entry: Entry = {
      id: lastId,
      message: withoutLine(message),
      counts,
      recordCount,
      isInjected,
      queue,
    };
    queue.entries.set(lastId, entry);
    inFlight.set(lastId, entry);
    return entry;
  }

  /** The records since the previous state of this stream, or of all. */
  function take(stream: StreamKey | undefined): ReadonlyMap<StreamKey, number> {
    if (stream === undefined) {
      const all = pending;
      pending = new Map();
      return all;
    }
    const count = pending.get(stream) ?? 0;
    pending.delete(stream);
    return new Map([[stream, count]]);
  }

  function* confirm(items: readonly FlowItem[]): Iterable<Confirmation> {
    for (const item of items) {
      if (item.type !== 'STATE') continue;
      const entry = find(item);
      if (entry !== undefined) yield settle(entry, item.state.destinationStats ?? undefined);
    }
  }

  /** By our number first, else the earliest of equal content (and fitting count): never ahead of what is meant. */
  function find({ state }: StateMessage): Entry | undefined {
    const id = typeof state['id'] === 'number' ? state['id'] : undefined;
    if (id !== undefined && id >= 1 && id <= lastId) return inFlight.get(id);
    const content = stateContent(state);
    const queue = queues.get(streamOfState(state));
    let equal: Entry | undefined;
    let fitting: Entry | undefined;
    for (const one of queue?.entries.values() ?? []) {
      if (contentOf(one) !== content) continue;
      equal ??= one;
      if (!isCounted(one, [...upTo(one)], state.destinationStats)) continue;
      fitting = one;
      break;
    }
    const entry = fitting ?? equal;
    const { written, refused } = countsOf(state.destinationStats);
    const answer = `${content} ${written} ${refused}`;
    if (queue === undefined || entry === undefined) {
      if (!settled.has(content)) onUnknown();
      return undefined;
    }
    // A later state may say the same as one that is settled: then the count tells that this speaks of the settled one.
    if (fitting === undefined && settled.has(answer)) return undefined;
    settled.add(answer);
    queue.recognised = {
      content,
      count: written === undefined ? undefined : written + refused,
      settled: countIn([...upTo(entry)]),
      lastId,
    };
    rememberContents(entry);
    return entry;
  }

  /** A destination that drops our numbers may repeat itself; what it repeats is not unknown. */
  function rememberContents(last: Entry): void {
    for (const entry of upTo(last)) settled.add(contentOf(entry));
  }

  function settle(last: Entry, stats: StateStats | undefined): Confirmation {
    const span = [...upTo(last)];
    checkCounts(last, span, stats);
    hasAnswer = true;
    for (const entry of span) {
      last.queue.entries.delete(entry.id);
      inFlight.delete(entry.id);
      for (const [stream, count] of entry.counts) add(confirmed, stream, count);
    }
    const { refused } = countsOf(stats);
    if (refused > 0) refuse(refused, span);
    const own = span.filter((entry) => !entry.isInjected);
    return { message: last.isInjected ? undefined : last.message, states: own.length };
  }

  function refuse(count: number, span: readonly Entry[]): void {
    const streams = new Set(span.flatMap(({ counts }) => [...counts.keys()]));
    const [only] = streams;
    const stream = streams.size === 1 ? only : undefined;
    add(rejected, stream, count);
    if (stream !== undefined) add(confirmed, stream, -count);
  }

  function checkCounts(last: Entry, span: readonly Entry[], stats: StateStats | undefined): void {
    if (isCounted(last, span, stats)) return;
    const { written = 0, refused } = countsOf(stats);
    const all = countIn(span);
    const stream = labelOf(streamOfState(last.message.state));
    throw new DeliveryError(
      `${destination}: confirmed ${written + refused} records of ${stream} where ${all} were sent`,
      {
        guidance:
          'Records may have been lost or written twice in the destination. What was confirmed before is kept; run again to send the rest.',
        context: {
          stream,
          confirmed: written,
          rejected: refused,
          sent: all,
          sentForLastState: last.recordCount,
        },
      },
    );
  }

  function close(): Closing {
    const unspoken = new Map(pending);
    const lost: Entry[] = [];
    for (const queue of queues.values()) {
      for (const entry of queue.entries.values()) {
        if (entry.isInjected) for (const [stream, count] of entry.counts) add(unspoken, stream, count);
        else lost.push(entry);
      }
      const last = [...queue.entries.values()].at(-1);
      // Equal states cannot be told apart by content: the one that came back may well have been the last of them.
      if (last !== undefined && !last.isInjected && isRepeated(queue)) {
        for (const entry of queue.entries.values()) lost.splice(lost.indexOf(entry), 1);
        settle(last, undefined);
      }
    }
    if (lost.length > 0) throw unconfirmed(destination, lost.length, countsIn(lost));
    if (!hasAnswer && inFlight.size > 0 && sum(unspoken) > 0) {
      throw unconfirmed(destination, inFlight.size, unspoken);
    }
    for (const [stream, count] of unspoken) add(confirmed, stream, count);
    return { unspoken };
  }

  return {
    confirmed,
    rejected,
    enter,
    confirm,
    close,
    sent: (counts) => {
      for (const [stream, count] of counts) add(pending, stream, count);
    },
    hasState: (stream) => queues.has(stream) || queues.has(undefined),
  };
}

interface LedgerOptions {
  readonly source: string;
  readonly destination: string;
  readonly onUnknown: () => void;
}

function sameKind(source: string, kind: StateType | undefined, next: StateType): StateType {
  if (kind === undefined || kind === next) return next;
  throw new ProtocolError(`${source}: sent a ${next} state after a ${kind} state`, {
    guidance: 'One sync uses one kind of state. This is a fault of the source: report it to its author.',
    context: { first: kind, second: next },
  });
}

function unconfirmed(
  destination: string,
  states: number,
  counts: ReadonlyMap<StreamKey, number>,
): DeliveryError {
  const records = new Map([...counts].map(([stream, count]) => [labelOf(stream), count]));
  const streams = [...records.keys()];
  return new DeliveryError(
    `${destination}: ended without confirming ${counted(states, 'state')} with ${counted(sum(records), 'record')} of ${streams.join(', ')}`,
    {
      guidance:
        'The records may not have been written. What was confirmed before is kept; run again to send the rest.',
      context: { states, records: Object.fromEntries(records) },
    },
  );
}

function countsIn(entries: readonly Entry[]): ReadonlyMap<StreamKey, number> {
  const all = new Map<StreamKey, number>();
  for (const { counts } of entries) for (const [stream, count] of counts) add(all, stream, count);
  return all;
}

/** A destination may confirm only at its end: the bytes of all states until then need not be kept. */
function withoutLine({ line, ...message }: StateMessage): StateMessage {
  return message;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function labelOf(stream: StreamKey | undefined): string {
  return stream === undefined ? 'all streams' : streamLabel(streamOfKey(stream));
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function sum(counts: ReadonlyMap<unknown, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
