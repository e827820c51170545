import type { StreamDescriptor } from '../../protocol/catalog.ts';
import type { FlowItem } from '../../protocol/flow.ts';
import type { StateMessage, StreamStatus, TraceMessage } from '../../protocol/messages.ts';
import { recordsOf } from '../../protocol/record-batch.ts';
import type { Part } from './stream-position.ts';

/** Says how far a stream has come. */
export function streamStatus(stream: StreamDescriptor, status: StreamStatus): TraceMessage {
  return {
    type: 'TRACE',
    trace: {
      type: 'STREAM_STATUS',
      emitted_at: Date.now(),
      stream_status: { stream_descriptor: { ...stream }, status },
    },
  };
}

/** Says how much is still to come of a stream. */
export function streamEstimate(
  { name, namespace }: StreamDescriptor,
  estimate: { readonly rows: number; readonly bytes: number },
): TraceMessage {
  return {
    type: 'TRACE',
    trace: {
      type: 'ESTIMATE',
      emitted_at: Date.now(),
      estimate: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        type: 'STREAM',
        row_estimate: estimate.rows,
        byte_estimate: estimate.bytes,
      },
    },
  };
}

/** A stream's state, with the number of records sent since the stream's last one. */
export function streamState(stream: StreamDescriptor, state: unknown, recordCount: number): StateMessage {
  return {
    type: 'STATE',
    state: {
      type: 'STREAM',
      stream: { stream_descriptor: { ...stream }, stream_state: state },
      sourceStats: { recordCount },
    },
  };
}

/** One part of a stream as it flows: its rows as records emitted now, or its state. */
export function streamPart(stream: StreamDescriptor, part: Part): FlowItem {
  if (part.kind === 'rows') return recordsOf(stream, part.rows, Date.now());
  return streamState(stream, part.position, part.recordCount);
}
