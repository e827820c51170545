import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { type StreamKey, streamLabel, streamOfKey } from '../../protocol/catalog.ts';
import type { RecordBatch } from '../../protocol/flow.ts';
import type { LogSink } from '../../protocol/log.ts';
import { recordData } from '../../protocol/record-data.ts';
import { seededRandom } from '../sources/random.ts';

const maxEntryCount = z.int().min(1).max(1000).default(100);

/** Which records of a stream are logged. */
export const loggingSchema = z.discriminatedUnion('logging_type', [
  z.object({ logging_type: z.literal('FirstN'), max_entry_count: maxEntryCount }),
  z.object({
    logging_type: z.literal('EveryNth'),
    max_entry_count: maxEntryCount,
    nth_entry_to_log: z.int().min(1).max(1000),
  }),
  z.object({
    logging_type: z.literal('RandomSampling'),
    max_entry_count: maxEntryCount,
    sampling_ratio: z.number().min(0).max(1).default(0.001),
    seed: z.int().optional(),
  }),
]);
type LoggingConfig = z.infer<typeof loggingSchema>;

/** Writes chosen records of each stream to the log, with their number within the stream. */
export function sampleLog(config: LoggingConfig, log: LogSink): (batch: RecordBatch) => void {
  const streams = new Map<StreamKey, { seen: number; logged: number }>();
  const isChosen = chooser(config);
  return (batch) => {
    for (const { stream, lines } of batch.split()) {
      const progress = streams.get(stream) ?? { seen: 0, logged: 0 };
      streams.set(stream, progress);
      for (const line of eachLine(lines)) {
        if (progress.logged === config.max_entry_count) break;
        progress.seen += 1;
        if (!isChosen(stream, progress.seen)) continue;
        progress.logged += 1;
        const data = Buffer.from(recordData(line)).toString();
        log({ level: 'INFO', message: `${streamLabel(streamOfKey(stream))} ${progress.seen}: ${data}` });
      }
    }
  };
}

function chooser(config: LoggingConfig): (stream: StreamKey, number: number) => boolean {
  switch (config.logging_type) {
    case 'FirstN':
      return () => true;
    case 'EveryNth':
      return (_, number) => number % config.nth_entry_to_log === 0;
    case 'RandomSampling': {
      const seed = config.seed ?? randomInt(2 ** 31);
      return (stream, number) => {
        const random = seededRandom(seed, stream);
        random.startRow(number);
        return random.below(1_000_000) < config.sampling_ratio * 1_000_000;
      };
    }
  }
}

function* eachLine(lines: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < lines.length; ) {
    const newline = lines.indexOf(0x0a, start);
    const end = newline < 0 ? lines.length : newline;
    yield lines.subarray(start, end);
    start = end + 1;
  }
}
