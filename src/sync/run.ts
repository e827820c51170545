import { SluiceError, StoppedError, StorageError } from '../errors.ts';
import { type ConfiguredCatalog, type StreamKey, streamKey } from '../protocol/catalog.ts';
import type { ConnectionState, Flow, RunOptions } from '../protocol/flow.ts';
import type { StateMessage } from '../protocol/messages.ts';
import type { WriteResult } from '../protocol/result.ts';
import { defaultTimeouts, type Timeouts } from '../protocol/timeouts.ts';
import { type Attended, attended } from './attended.ts';
import { type Ledger, openLedger } from './ledger.ts';
import type { SyncOptions } from './options.ts';
import { progressOf } from './progress.ts';
import { resultOf } from './result.ts';
import { openRunLog, type RunLog } from './run-log.ts';
import { openSaver, type Saver } from './saver.ts';
import { openStop, reasonOf, type Stop } from './stop.ts';
import { openTally, type Tally } from './tally.ts';
import { openVoice, type Voice } from './voice.ts';
import { openWatchdog, type Side, type Watchdog } from './watchdog.ts';

/** All that one sync keeps account of while it runs. */
export interface Run {
  readonly tally: Tally;
  readonly ledger: Ledger;
  readonly saver: Saver;
  readonly stop: Stop;
  readonly watchdog: Watchdog;
  readonly voice: Voice;
  /** What a side is given: whatever the source logs is a sign of life. */
  optionsFor(side: Side): RunOptions;
  /** Keeps hold of a side's flow, which ends by the signal, so that the end can wait until it has cleaned up. */
  attend(flow: Flow, signal: AbortSignal): Flow;
  /** Puts everything away; then returns the result, or throws the error that came first. */
  end(): Promise<WriteResult>;
}

interface RunFacts {
  readonly catalog: ConfiguredCatalog;
  readonly syncId: number;
  readonly memory: ConnectionState;
}

export async function openRun(options: SyncOptions, { catalog, syncId, memory }: RunFacts): Promise<Run> {
  const { reader, writer, connection, signal } = options;
  const timeouts: Timeouts = { ...defaultTimeouts, ...options.timeouts };
  const startedAtMs = performance.now();
  const elapsedMs = () => performance.now() - startedAtMs;

  const stop = openStop();
  const voice = openVoice({ onEvent: options.onEvent, onFailure: (error) => stop.end({ error }) });
  const runLog = await openLog(options, voice);
  const tally = openTally(catalog);
  const ledger = openLedger({
    source: reader.name,
    destination: writer.name,
    onUnknown: () =>
      voice.warn({
        code: 'state_unknown',
        message: `${writer.name} returned a state that it was not sent; it is not kept`,
      }),
  });
  const saver = openSaver({
    commit: committer(options, memory),
    overwritten: overwrittenIn(catalog),
    onSaved: (states, keys) =>
      voice.say({ type: 'state_saved', states, streams: keys.flatMap((key) => tally.get(key)?.label ?? []) }),
    onFailure: (error) => stop.end({ error }),
  });
  const watchdog = openWatchdog({ timeouts, source: reader.name, destination: writer.name });
  const sayProgress = () => {
    const { waitingFor } = watchdog;
    const progress = progressOf(tally, ledger, { elapsedMs: elapsedMs(), waitingFor });
    voice.say({ type: 'progress', progress });
  };
  const ticking = setInterval(() => {
    const stalled = watchdog.stalled();
    if (stalled !== undefined) stop.end({ error: stalled });
    else sayProgress();
  }, tickMs);

  const onAbort = () => stop.end({ error: reasonOf(signal, `${connection}: stopped`) });
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });

  const sides: Attended[] = [];
  voice.say({
    type: 'started',
    connection,
    syncId,
    source: reader.name,
    destination: writer.name,
    streams: [...tally.values()].map(({ label }) => label),
  });
  for (const warning of [...(options.warnings ?? []), ...memory.warnings])
    voice.warn(warning, warning.message);

  async function putAway(): Promise<void> {
    clearInterval(ticking);
    signal?.removeEventListener('abort', onAbort);
    const limitMs = timeouts.graceMs + closingMs;
    await Promise.all(sides.map((side) => side.close(limitMs)));
    await saver
      .close({ isComplete: stop.first === undefined })
      .catch((error: unknown) => stop.noteLate({ error }));
    sayProgress();
    for (const [key, records] of ledger.rejected) warnOfRejected(records, key);
  }

  function warnOfRejected(records: number, key: StreamKey | undefined): void {
    const stream = key === undefined ? undefined : tally.get(key)?.label;
    const what = stream === undefined ? '' : ` of ${stream}`;
    voice.warn({
      code: 'records_rejected',
      message: `${writer.name} rejected ${records} records${what}`,
      ...(stream === undefined ? {} : { stream }),
    });
  }

  async function end(): Promise<WriteResult> {
    await putAway();
    const result = resultOf({
      connection,
      tally,
      ledger,
      warnings: voice.warnings,
      states: saver.saved,
      durationMs: elapsedMs(),
      isComplete: stop.first === undefined,
    });
    const error = withFacts(stop.error(), result, runLog);
    voice.say(error === undefined ? { type: 'finished', result } : { type: 'failed', error, result });
    await runLog?.[Symbol.asyncDispose]();
    // Whoever fails of hearing that all is finished is told so by the error alone.
    const last = error ?? withFacts(stop.error(), result, runLog);
    if (last !== undefined) throw last;
    return result;
  }

  return {
    tally,
    ledger,
    saver,
    stop,
    watchdog,
    voice,
    end,
    attend(flow, signal) {
      const side = attended(flow, signal);
      sides.push(side);
      return side.flow;
    },
    optionsFor: (side) => ({
      connection,
      syncId,
      signal: side === 'source' ? stop.sourceSignal : stop.signal,
      log: (entry) => {
        // A destination that only talks takes nothing and confirms nothing.
        if (side === 'source') watchdog.sign(side);
        voice.log(entry);
      },
      onEvent: voice.say,
    }),
  };
}

/** Progress is told, and a stall noticed, this often. */
const tickMs = 250;
/** What a side may need beyond its grace period to remove its files. */
const closingMs = 5_000;

/** A writer that brings its own store has kept the states with its data already. */
function committer(
  { writer, states, connection }: SyncOptions,
  memory: ConnectionState,
): ((states: readonly StateMessage[]) => Promise<void>) | undefined {
  if (writer.states !== undefined) return async () => {};
  if (states === undefined) return undefined;
  return async (confirmed) => {
    try {
      await memory.commit(confirmed);
    } catch (cause) {
      if (cause instanceof SluiceError) throw cause;
      throw new StorageError(`${connection}: its state cannot be saved`, {
        guidance: 'What was saved before is kept; the next run carries on from there.',
        cause,
      });
    }
  };
}

function overwrittenIn(catalog: ConfiguredCatalog): ReadonlySet<StreamKey> {
  const overwritten = catalog.streams.filter(({ minimum_generation_id }) => (minimum_generation_id ?? 0) > 0);
  return new Set(overwritten.map(({ stream }) => streamKey(stream)));
}

async function openLog({ runsFolder, connection }: SyncOptions, voice: Voice): Promise<RunLog | undefined> {
  if (runsFolder === undefined) return undefined;
  const log = await openRunLog({
    folder: runsFolder,
    connection,
    onLost: () =>
      voice.warn({ code: 'log_not_kept', message: `the log of this run is cut short: ${log.path}` }),
  });
  voice.writeTo(log);
  return log;
}

function withFacts(
  error: SluiceError | undefined,
  result: WriteResult,
  log: RunLog | undefined,
): SluiceError | undefined {
  if (error === undefined) return undefined;
  const told = error.code === 'stopped' ? stoppedWith(error, result) : error;
  if (log !== undefined) told.context = { ...told.context, log: log.path };
  told.result = result;
  return told;
}

/** Only at the end is it known what was kept. */
function stoppedWith(error: SluiceError, { states, records }: WriteResult): StoppedError {
  const guidance =
    states > 0
      ? `Kept: ${states} ${states === 1 ? 'state' : 'states'}, ${records.confirmed} of ${records.read} records confirmed. The next run carries on from there.`
      : `No state had been saved yet (${records.read} records read, ${records.confirmed} confirmed). The next run starts from where this one did.`;
  return new StoppedError(error.message, { guidance, context: error.context, cause: error.cause });
}
