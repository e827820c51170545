import type { WriteOptions } from '../connectors/write.ts';
import type { OutputFlags } from './commands/flags.ts';
import { openEventOutput } from './event-output.ts';
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
      const events =
        flags.json === true ? openEventOutput(output, { verbose: flags.verbose === true }) : undefined;
      const result = await destination.write(source, {
        ...request.options,
        signal,
        onEvent(event) {
          reporter.onEvent(event);
          events?.print(event);
        },
      });
      reporter.finish(result);
      await events?.end(result);
    },
    { showsProgress: true, keepsState, ends: 'two' },
  );
}
