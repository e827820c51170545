import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { ConnectorFailedError, StreamUnknownError } from '../../errors.ts';
import {
  type Catalog,
  type ConfiguredCatalog,
  type FieldPath,
  type Stream,
  streamKey,
  streamLabel,
} from '../../protocol/catalog.ts';
import type { ConnectorProgram, Flow, FlowItem, RecordBatch } from '../../protocol/flow.ts';
import type { StateMessage } from '../../protocol/messages.ts';
import { streamState, streamStatus } from '../authoring/announce.ts';
import type { JsonSchema } from '../authoring/define-source.ts';
import { savedState } from '../authoring/saved-state.ts';
import { builtInVersion } from '../built-in-config.ts';
import { recordLines } from '../sources/record-lines.ts';
import type { Scenario, ScenarioStream, ScenarioSync } from './scenario.ts';

/** Where the streams of a test lie: nothing of theirs may meet what is there already. */
export interface Placing {
  /** The namespace of every stream; left out, streams have none. */
  readonly namespace?: string | undefined;
  /** What every stream's name begins with. */
  readonly prefix?: string | undefined;
}

/** The descriptor under which a stream of a scenario is sent. */
export function placedStream(
  { name, namespace: part }: ScenarioStream,
  { namespace, prefix = '' }: Placing,
): { readonly name: string; readonly namespace?: string } {
  const placed = part === undefined ? namespace : `${namespace ?? prefix}_${part}`;
  return { name: `${prefix}${name}`, ...(placed === undefined ? {} : { namespace: placed }) };
}

/** The streams of scenarios as a source has them at one of their syncs; the first is 1. */
export function scenarioCatalog(scenarios: readonly Scenario[], sync: number, placing: Placing): Catalog {
  return {
    streams: scenarios.flatMap(({ streams, write = 'replace' }) =>
      streams.map((stream) => streamAt(stream, sync, placing, write !== 'replace')),
    ),
  };
}

/** What a stream brings at a sync: nothing where it has fewer. */
export function syncOf({ syncs }: ScenarioStream, sync: number): ScenarioSync {
  return syncs[sync - 1] ?? { rows: () => [] };
}

/** The rows of some syncs one after the other, without those of earlier ones that were to fail. */
function* rowsSince(stream: ScenarioStream, first: number, last: number): Generator<string> {
  for (let sync = first; sync <= last; sync += 1) {
    const { rows, fails = false } = syncOf(stream, sync);
    if (!fails || sync === last) yield* rows();
  }
}

/** The schema of a stream at a sync. */
export function schemaAt({ schema, syncs }: ScenarioStream, sync: number): JsonSchema {
  return syncs.slice(0, sync).findLast((one) => one.schema !== undefined)?.schema ?? schema;
}

/** A source of a scenario as it is at one of its syncs. */
export function scenarioSource(scenario: Scenario, sync: number, placing: Placing): ConnectorProgram {
  return {
    name: smokeSourceName,
    version: builtInVersion,
    spec: { connectionSpecification: { type: 'object', properties: {} } },
    async check() {
      return { status: 'SUCCEEDED' };
    },
    async discover() {
      return scenarioCatalog([scenario], sync, placing);
    },
    read(_config, catalog, states, { signal }) {
      return scenarioRows(scenario.streams, { catalog, states, sync, placing, signal });
    },
  };
}

export const smokeSourceName = 'source-smoke-test';

interface Reading {
  readonly catalog: ConfiguredCatalog;
  readonly states: readonly StateMessage[];
  readonly sync: number;
  readonly placing: Placing;
  readonly signal: AbortSignal;
}

/**
 * The records of the streams that a catalog names, a few of each in turn, with states in between. An incremental stream
 * goes on behind the sync that its state tells; any other brings what the one sync has. Fails at the end of a stream
 * that is to fail.
 */
export async function* scenarioRows(
  streams: readonly ScenarioStream[],
  { catalog, states, sync, placing, signal }: Reading,
): Flow {
  const rowsPerTurn = catalog.streams.length > 1 ? 10 : 1000;
  const known = new Map(streams.map((stream) => [streamKey(placedStream(stream, placing)), stream]));
  let open = catalog.streams.map(({ stream, sync_mode }) => {
    const found = known.get(streamKey(stream));
    if (found === undefined) {
      throw new StreamUnknownError(`${smokeSourceName} has no stream ${streamLabel(stream)}`);
    }
    const saved =
      sync_mode === 'incremental' ? savedState(smokeSourceName, stream, states, stateSchema) : undefined;
    const behind = saved === undefined ? 1 : saved.complete ? saved.sync + 1 : saved.sync;
    const first = sync_mode === 'incremental' ? behind : sync;
    return openStream(found, { first, sync, placing, rowsPerTurn });
  });
  for (const stream of open) yield stream.begin();
  while (open.length > 0) {
    for (const stream of open) yield stream.next();
    open = open.filter((stream) => !stream.hasEnded());
    // Nothing here ever waits: timers and signals get their turn.
    await nextTurn();
    signal.throwIfAborted();
  }
}

const stateSchema = z.object({ sync: z.int().min(0), complete: z.boolean() });

interface Opening extends Pick<Reading, 'sync' | 'placing'> {
  readonly first: number;
  readonly rowsPerTurn: number;
}

function openStream(stream: ScenarioStream, { first, sync, placing, rowsPerTurn }: Opening) {
  const descriptor = placedStream(stream, placing);
  const { fails = false } = syncOf(stream, sync);
  const remaining = rowsSince(stream, first, sync);
  let sinceState = 0;
  let isOver = false;

  function take(): RecordBatch | undefined {
    const lines = recordLines(descriptor, Date.now());
    let count = 0;
    for (let bytes = 0; count < rowsPerTurn && bytes < bytesPerTurn; count += 1) {
      const { done, value } = remaining.next();
      if (done === true) break;
      lines.add(value);
      bytes += value.length;
    }
    sinceState += count;
    return count === 0 ? undefined : lines.batch();
  }

  function stateNow(complete: boolean): StateMessage {
    const state = streamState(descriptor, { sync, complete }, sinceState);
    sinceState = 0;
    return state;
  }

  return {
    hasEnded: () => isOver,
    begin: () => [streamStatus(descriptor, 'STARTED'), streamStatus(descriptor, 'RUNNING')],
    /** A few records; at the end the last state, or the failure that is wanted. */
    next(): readonly FlowItem[] {
      const taken = take();
      if (taken === undefined) {
        if (fails) throw wantedFailure(streamLabel(descriptor));
        isOver = true;
        return [stateNow(true), streamStatus(descriptor, 'COMPLETE')];
      }
      // Before a failure too: what the destination then has must not be taken for the whole.
      return fails || sinceState >= rowsPerState ? [taken, stateNow(false)] : [taken];
    },
  };
}

const rowsPerState = 10_000;
const bytesPerTurn = 1024 * 1024;

function wantedFailure(stream: string): ConnectorFailedError {
  return new ConnectorFailedError(`${smokeSourceName}: ${stream} fails here, as its scenario wants it`, {
    context: { connector: smokeSourceName, stream },
  });
}

function streamAt(stream: ScenarioStream, sync: number, placing: Placing, isIncremental: boolean): Stream {
  const { primaryKey, cursor } = stream;
  return {
    ...placedStream(stream, placing),
    json_schema: { ...schemaAt(stream, sync) },
    supported_sync_modes: isIncremental ? ['full_refresh', 'incremental'] : ['full_refresh'],
    is_resumable: true,
    ...(primaryKey === undefined ? {} : { source_defined_primary_key: pathsOf(primaryKey) }),
    ...(isIncremental ? { source_defined_cursor: true } : {}),
    ...(cursor === undefined ? {} : { default_cursor_field: [cursor] }),
  };
}

function pathsOf(keys: readonly FieldPath[]): string[][] {
  return keys.map((path) => [...path]);
}
