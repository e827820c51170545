import {
  defineDestination,
  type TargetStream,
} from '../../../src/connectors/authoring/define-destination.ts';
import { type StreamDescriptor, streamKey } from '../../../src/protocol/catalog.ts';
import type { ConnectorProgram } from '../../../src/protocol/flow.ts';
import { stringifyLossless } from '../../../src/protocol/lossless-json.ts';
import type { Row } from '../../../src/protocol/messages.ts';

/** What a destination does wrong: each of these is one way of losing something. */
export interface Fault {
  /** What becomes of a row before it is kept; none, one or several. */
  readonly keeps?: (row: Row, index: number, stream: TargetStream) => readonly Row[];
  /** The stream whose rows these are taken for. */
  readonly place?: (stream: StreamDescriptor) => string;
  readonly mode?: (stream: TargetStream) => TargetStream['mode'];
  readonly keyOf?: (key: string) => string;
  readonly cursor?: string | undefined;
  /** Whether what a failed write has brought takes the place of what was there. */
  readonly isHasty?: boolean;
}

interface Kept {
  rows: readonly Row[];
  fresh: Row[];
  generation: number | undefined;
}

/** A destination that keeps its rows in memory, in every mode, and can say what lies there. */
export function memoryDestination({
  keeps = (row) => [row],
  place = streamKey,
  mode = (stream) => stream.mode,
  keyOf = (key) => key,
  cursor = 'version',
  isHasty = false,
}: Fault = {}): ConnectorProgram {
  const streams = new Map<string, Kept>();
  const keptIn = (stream: TargetStream): Kept => {
    const kept = streams.get(place(stream)) ?? { rows: [], fresh: [], generation: undefined };
    streams.set(place(stream), kept);
    if (mode(stream) === 'overwrite' && kept.generation !== stream.generation) {
      kept.generation = stream.generation;
      kept.fresh = [];
      if (isHasty) kept.rows = [];
    }
    return kept;
  };
  return defineDestination(
    {
      name: 'destination-memory',
      syncModes: ['append', 'append_dedup', 'overwrite'],
      onComplete(stream) {
        const kept = keptIn(stream);
        if (mode(stream) === 'overwrite') kept.rows = kept.fresh;
      },
      *readBack(_config, { stream }) {
        yield* streams.get(place(stream))?.rows ?? [];
      },
    },
    (rows, { stream }) => {
      const kept = keptIn(stream);
      const arriving = rows.flatMap((row, index) => keeps(row, index, stream));
      if (mode(stream) === 'overwrite' && !isHasty) kept.fresh.push(...arriving);
      else if (mode(stream) === 'append_dedup') kept.rows = merged([...kept.rows, ...arriving], stream);
      else kept.rows = [...kept.rows, ...arriving];
      if (isHasty) kept.fresh = [...kept.rows];
    },
  );

  function merged(rows: readonly Row[], { primaryKey }: TargetStream): readonly Row[] {
    const byKey = new Map<string, Row>();
    for (const row of rows) {
      const key = keyOf(stringifyLossless(primaryKey.map((path) => valueAt(row, path) ?? null)));
      const before = byKey.get(key);
      if (before === undefined || !(Number(before[cursor]) > Number(row[cursor]))) byKey.set(key, row);
    }
    return [...byKey.values()];
  }
}

function valueAt(row: unknown, path: readonly string[]): unknown {
  return path.reduce((value: unknown, field) => Reflect.get(Object(value), field), row);
}
