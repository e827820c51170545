import { InputError, NotRunnableError, SluiceError, StoppedError } from '../errors.ts';
import type { LogSink } from '../protocol/log.ts';
import { stringifyLossless } from '../protocol/lossless-json.ts';
import type { OutputFlags } from './commands/flags.ts';
import { exitCodes } from './exit-codes.ts';
import { type Interrupts, listenForInterrupts } from './interrupts.ts';
import type { Ends } from './library-words.ts';
import { type DataOutput, openDataOutput } from './output.ts';
import { errorDocument, renderError } from './render-error.ts';
import { openReporter, type Reporter } from './reporter.ts';

/** What a command works with: stdout for its data, stderr for people, a signal that tells it to stop. */
export interface Session {
  readonly output: DataOutput;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** For calls of the library that take a signal and a log. */
  readonly call: { readonly signal: AbortSignal; readonly log: LogSink };
}

interface SessionOptions {
  /** Whether it is part of the command's work to write all to stdout, or stopping early is as good. */
  readonly mayEndEarly?: boolean;
  /** Whether progress is shown at all, and so whether a terminal may be redrawn. */
  readonly showsProgress?: boolean;
  /** Whether a later run goes on from where this one ends. */
  readonly keepsState?: boolean;
  readonly ends?: Ends;
}

/** Runs the work of a command, shows what goes wrong, and answers the exit code. */
export async function runSession(
  flags: OutputFlags,
  work: (session: Session) => Promise<void>,
  { mayEndEarly = false, showsProgress = false, keepsState = false, ends = 'one' }: SessionOptions = {},
): Promise<number> {
  const { json = false, quiet = false, verbose = false } = flags;
  const isShared = !showsProgress || (json && process.stdout.isTTY === true);
  const reporter = await openReporter({ quiet, verbose, isShared, ends });
  using interrupts = listenForInterrupts({
    onFirst: () => reporter.note('stopping… (once more to stop at once)'),
    onSecond: () => reporter.say('sluice: stopped at once'),
  });
  const output = openDataOutput((failure) =>
    interrupts.stop(
      failure instanceof SluiceError
        ? failure
        : new StoppedError('stopped: nobody reads stdout any more', { cause: failure }),
    ),
  );
  const { signal } = interrupts;
  try {
    await work({ output, reporter, signal, call: { signal, log: reporter.log } });
    await output.end();
    return exitCodes.ok;
  } catch (thrown) {
    const error = ownReason(thrown, signal);
    reporter.close();
    if (mayEndEarly && output.isGone) return exitCodes.ok;
    reporter.say(renderError(error, { palette: reporter.palette, verbose, showsKept: keepsState, ends }));
    if (json) await writeFailure(output, error, ends);
    return exitCodeOf(error, interrupts);
  }
}

/** A stop in the words of whoever stopped it: the library only knows that its signal has aborted. */
function ownReason(error: unknown, { aborted, reason }: AbortSignal): unknown {
  if (!aborted || !(error instanceof StoppedError) || !(reason instanceof SluiceError)) return error;
  if (!(reason instanceof StoppedError)) {
    if (error.result !== undefined) reason.result = error.result;
    return reason;
  }
  const told = new StoppedError(reason.message, { context: error.context, cause: error });
  if (error.result !== undefined) told.result = error.result;
  return told;
}

function exitCodeOf(error: unknown, { exitCode }: Interrupts): number {
  if (exitCode !== undefined) return exitCode;
  return wasRefused(error) ? exitCodes.usage : exitCodes.failed;
}

/** Whether nothing was tried, because what was asked for cannot be done at all. */
function wasRefused(error: unknown): boolean {
  if (!(error instanceof InputError || error instanceof NotRunnableError)) return false;
  return error.result === undefined || error.result.records.read === 0;
}

async function writeFailure(output: DataOutput, error: unknown, ends: Ends): Promise<void> {
  const result = error instanceof SluiceError ? error.result : undefined;
  await output.write(`${stringifyLossless({ ...result, error: errorDocument(error, ends) })}\n`);
  // That stdout is broken has been said, or is what is being said.
  await output.end().catch(() => {});
}
