import { type StreamDescriptor, streamKey } from '../../protocol/catalog.ts';
import type { RecordBatch } from '../../protocol/flow.ts';
import { lineBatch } from '../../protocol/record-batch.ts';

/** Takes the data of one stream's rows, ready as JSON text, and makes a batch of lines of them. */
export interface RecordLines {
  add(dataJson: string): void;
  batch(): RecordBatch;
}

export function recordLines(stream: StreamDescriptor, emittedAt: number): RecordLines {
  const { name, namespace } = stream;
  const identity =
    namespace === undefined || namespace === null ? { stream: name } : { namespace, stream: name };
  const head = `{"type":"RECORD","record":${JSON.stringify(identity).slice(0, -1)},"data":`;
  const tail = `,"emitted_at":${emittedAt}}}\n`;
  const key = streamKey(stream);
  let text = '';
  let count = 0;
  return {
    add(dataJson) {
      text += head + dataJson + tail;
      count += 1;
    },
    batch() {
      const lines = Buffer.from(text);
      return lineBatch(lines, [{ stream: key, count, bytes: lines.length }], () => key);
    },
  };
}
