import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { ConnectorFailedError, unreachable } from '../../errors.ts';
import type { ConnectorProgram, ExecutionOptions, Flow, RecordBatch } from '../../protocol/flow.ts';
import type { Config } from '../../protocol/spec.ts';
import { openReceipt } from '../authoring/receipt.ts';
import { builtInConfig, builtInVersion } from '../built-in-config.ts';
import { loggingSchema, sampleLog } from './dev-null-log.ts';
import { devNullSpec } from './dev-null-spec.ts';

/** Throws records away: silently, or logging some, or slowly, or failing after so many. */
export const destinationDevNull: ConnectorProgram = {
  name: 'destination-dev-null',
  version: builtInVersion,
  spec: devNullSpec,
  async check(config) {
    devNullConfig(config);
    return { status: 'SUCCEEDED' };
  },
  write(config, _catalog, input, options) {
    return throwAway(input, toll(devNullConfig(config), options));
  },
};

const modeSchema = z.discriminatedUnion('test_destination_type', [
  z.object({ test_destination_type: z.literal('SILENT') }),
  z.object({
    test_destination_type: z.literal('LOGGING'),
    logging_config: loggingSchema.default({ logging_type: 'FirstN', max_entry_count: 100 }),
  }),
  z.object({ test_destination_type: z.literal('THROTTLED'), millis_per_record: z.number().min(0) }),
  z.object({ test_destination_type: z.literal('FAILING'), num_messages: z.int().min(0) }),
]);
type Mode = z.infer<typeof modeSchema>;

const configSchema = z.object({ test_destination: modeSchema.default({ test_destination_type: 'SILENT' }) });

function devNullConfig(config: Config): Mode {
  return builtInConfig('destination-dev-null', configSchema, config).test_destination;
}

/** What each batch has to pass before it is thrown away. */
type Toll = (batch: RecordBatch) => Promise<void> | undefined;

function toll(mode: Mode, { log, signal }: ExecutionOptions): Toll {
  switch (mode.test_destination_type) {
    case 'SILENT':
      return () => undefined;
    case 'LOGGING': {
      const logSome = sampleLog(mode.logging_config, log);
      return (batch) => {
        logSome(batch);
        return undefined;
      };
    }
    case 'THROTTLED':
      return async (batch) => {
        await pause(mode.millis_per_record * recordsIn(batch), undefined, { signal }).catch(() => {
          throw signal.reason;
        });
      };
    case 'FAILING':
      return failAfter(mode.num_messages);
    default:
      return unreachable(mode);
  }
}

function failAfter(limit: number): Toll {
  let taken = 0;
  return (batch) => {
    taken += recordsIn(batch);
    if (taken <= limit) return undefined;
    throw new ConnectorFailedError(`destination-dev-null: failed after ${limit} records, as it was told to`, {
      guidance: 'Set test_destination_type to SILENT to take every record.',
    });
  };
}

async function* throwAway(input: Flow, pass: Toll): Flow {
  const receipt = openReceipt();
  for await (const items of input) {
    for (const item of items) {
      if (item.type === 'RECORDS') {
        const passing = pass(item);
        if (passing !== undefined) await passing;
        receipt.take(item);
        item.release?.();
      } else if (item.type === 'STATE') yield [receipt.confirm(item)];
    }
  }
}

function recordsIn(batch: RecordBatch): number {
  let sum = 0;
  for (const count of batch.counts.values()) sum += count;
  return sum;
}
