import type { SyncEvent } from '../protocol/events.ts';
import { stringifyLossless } from '../protocol/lossless-json.ts';
import type { DataOutput } from './output.ts';

/** The events of a write as NDJSON. */
export interface EventOutput {
  /** Prints an event soon; the write does not wait for whoever reads. */
  print(event: SyncEvent): void;
  /** Prints the last line, after all others. */
  end(result: unknown): Promise<void>;
}

/**
 * Prints events of a write. Where stdout is read too slowly, what is told elsewhere is left out rather than kept in
 * memory: progress, which the next one supersedes, and log entries, which lie in the run's log; how many is said.
 */
export function openEventOutput(
  output: Pick<DataOutput, 'write' | 'isSlow'>,
  { verbose }: { readonly verbose: boolean },
): EventOutput {
  let leftOut = 0;
  const write = (document: unknown) => output.write(`${stringifyLossless(document)}\n`);

  async function sayLeftOut(): Promise<void> {
    if (leftOut === 0) return;
    const message = `${leftOut} log entries are left out here, because stdout is read too slowly`;
    leftOut = 0;
    await write({ type: 'log', entry: { level: 'WARN', message } } satisfies SyncEvent);
  }

  return {
    print(event) {
      if (!isForMachines(event, verbose)) return;
      if (output.isSlow && (event.type === 'log' || event.type === 'progress')) {
        if (event.type === 'log') leftOut += 1;
        return;
      }
      void sayLeftOut();
      void write(event);
    },
    async end(result) {
      await sayLeftOut();
      await write(result);
    },
  };
}

/** The end is told by the last line; logs are many and go to machines only when asked for. */
function isForMachines(event: SyncEvent, verbose: boolean): boolean {
  if (event.type === 'finished' || event.type === 'failed') return false;
  return event.type !== 'log' || verbose;
}
