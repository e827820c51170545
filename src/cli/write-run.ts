import type { WriteOptions } from '../connectors/write.ts';
import type { SyncEvent } from '../protocol/events.ts';
import { stringifyLossless } from '../protocol/lossless-json.ts';
import type { OutputFlags } from './commands/flags.ts';
import type { Ends } from './read-ends.ts';
import { runSession } from './session.ts';

/** A write that is to be run. */
export interface WriteRequest extends Ends {
  readonly options: WriteOptions;
}

/** Runs a write with its progress on stderr and, with `--json`, its events and result on stdout. */
export async function runWrite(
  flags: OutputFlags,
  prepare: (signal: AbortSignal) => Promise<WriteRequest>,
  { keepsState }: { readonly keepsState: boolean },
): Promise<number> {
  return runSession(
    flags,
    async ({ reporter, output, signal }) => {
      const request = await prepare(signal);
      await using source = request.source;
      await using destination = request.destination;
      reporter.begin(source.name, destination.name);
      const print = async (document: unknown) => {
        if (flags.json === true) await output.write(`${stringifyLossless(document)}\n`);
      };
      const result = await destination.write(source, {
        ...request.options,
        signal,
        onEvent(event) {
          reporter.onEvent(event);
          // Events come at most a few times a second: stdout need not hold up the write for them.
          if (isForMachines(event, flags)) void print(event);
        },
      });
      reporter.finish(result);
      await print(result);
    },
    { endsWithDocument: true, showsProgress: true, keepsState },
  );
}

/** The end is told by the last line; logs are many and go to machines only when asked for. */
function isForMachines(event: SyncEvent, { verbose }: OutputFlags): boolean {
  if (event.type === 'finished' || event.type === 'failed') return false;
  return event.type !== 'log' || verbose === true;
}
