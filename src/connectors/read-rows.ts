import { ConnectorFailedError, ProtocolError } from '../errors.ts';
import {
  type Catalog,
  type ConfiguredCatalog,
  type Stream,
  type StreamKey,
  streamKey,
  streamLabel,
  streamOfKey,
} from '../protocol/catalog.ts';
import { wholeSyncMode } from '../protocol/configure-catalog.ts';
import type { FlowItem } from '../protocol/flow.ts';
import type { Row } from '../protocol/messages.ts';
import { findStream } from '../protocol/select-streams.ts';
import { type CallOptions, type Connector, never, silent, stoppedError } from './connector.ts';

/** The rows of one stream, from its beginning, by a connector that is stopped when the loop is left. */
export async function* readRows(
  connector: Connector,
  discover: () => Promise<Catalog>,
  name: string,
  { limit, signal = never(), log = silent }: CallOptions & { readonly limit: number },
): AsyncGenerator<Row, void, undefined> {
  const stream = findStream(await discover(), name, connector.name);
  await connector.validateConfig({ signal, log });
  if (limit === 0) return;
  const reading = {
    command: 'read',
    config: connector.config,
    catalog: readingOne(stream),
    states: [],
  } as const;
  let left = limit;
  let isIncomplete = false;
  try {
    for await (const items of connector.run(reading, { signal, log })) {
      for (const item of items) {
        isIncomplete = incompleteAfter(item) ?? isIncomplete;
        if (item.type !== 'RECORDS') continue;
        refuseOthers(item.counts.keys(), stream, connector.name);
        for (const { record } of item.records()) {
          yield record.data;
          left -= 1;
          if (left <= 0) return;
        }
      }
    }
  } catch (error) {
    if (signal.aborted) throw stoppedError(connector.name, `reading ${name}`, signal);
    throw error;
  }
  if (!isIncomplete) return;
  throw new ConnectorFailedError(`${connector.name}: left ${streamLabel(stream)} incomplete`, {
    guidance: 'Its log says why. The rows that came are not all there are.',
    context: { connector: connector.name, incomplete: [streamLabel(stream)] },
  });
}

/** Whether a stream's rows are not all there, as far as its source says anything of it. */
function incompleteAfter(item: FlowItem): boolean | undefined {
  if (item.type !== 'TRACE' || item.trace.type !== 'STREAM_STATUS') return undefined;
  const { status } = item.trace.stream_status;
  if (status === 'INCOMPLETE') return true;
  return status === 'COMPLETE' ? false : undefined;
}

function readingOne(stream: Stream): ConfiguredCatalog {
  const cursor = stream.default_cursor_field;
  return {
    streams: [
      {
        stream,
        sync_mode: wholeSyncMode(stream),
        destination_sync_mode: 'append',
        ...(cursor?.length ? { cursor_field: cursor } : {}),
      },
    ],
  };
}

function refuseOthers(keys: Iterable<StreamKey>, wanted: Stream, source: string): void {
  const expected = streamKey(wanted);
  for (const key of keys) {
    if (key === expected) continue;
    const label = streamLabel(streamOfKey(key));
    throw new ProtocolError(`${source} sent records of stream "${label}", which was not asked for`, {
      guidance: `Only "${streamLabel(wanted)}" was in the catalog it was given.`,
      context: { connector: source, stream: label },
    });
  }
}
