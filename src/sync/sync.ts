import { DeliveryError } from '../errors.ts';
import { type ConfiguredCatalog, streamKey, streamLabel, streamOfKey } from '../protocol/catalog.ts';
import type { ConnectionState, Flow, Writer } from '../protocol/flow.ts';
import type { WriteResult } from '../protocol/result.ts';
import { offeredStates } from '../protocol/state.ts';
import { attended } from './attended.ts';
import { observe } from './observe.ts';
import type { SyncOptions } from './options.ts';
import { openRun, type Run } from './run.ts';
import { openStateless } from './stateless.ts';
import { reasonOf } from './stop.ts';
import { traceErrors } from './trace-errors.ts';

export type { SyncOptions } from './options.ts';

/** Moves records from a reader to a writer, and keeps a state once the writer has confirmed all before it. */
export async function sync(options: SyncOptions): Promise<WriteResult> {
  const { reader, writer, connection, signal } = options;
  if (signal?.aborted) throw reasonOf(signal, `${connection}: stopped before it began`);
  const store = writer.states ?? options.states;
  await using memory = store === undefined ? openStateless() : await store.open(connection, options.ends);
  const { catalog, syncId } = await begin(memory, options.catalog);
  const offered = offeredStates(
    memory.states.map(({ state }) => state),
    catalog.streams,
  );

  const run = await openRun(options, { catalog, syncId, memory });
  const records = () =>
    reader.extract(
      catalog,
      offered.map((state) => ({ type: 'STATE', state })),
      run.optionsFor('source'),
    );
  const input = openInput(run, records, options);
  try {
    const answers = writer.load(catalog, input.flow, run.optionsFor('destination'));
    const heard = traceErrors(writer.name);
    for await (const items of run.attend(answers, run.stop.signal)) {
      if (items.some(({ type }) => type === 'STATE')) run.watchdog.sign('destination');
      heard.hear(items);
      await run.saver.save(run.ledger.confirm(items));
    }
    heard.refuse();
    if (run.stop.first === undefined) closeAccount(run, { writer, isInputEnded: input.isEnded() });
  } catch (error) {
    run.stop.end({ error, of: writer.name });
  }
  // Awaited here: the memory must stay open until the last state is saved.
  return await run.end();
}

/** Raises the generations and stamps them on every stream: durable before the first record. */
async function begin(
  memory: ConnectionState,
  { streams }: ConfiguredCatalog,
): Promise<{ readonly catalog: ConfiguredCatalog; readonly syncId: number }> {
  const { syncId, generations } = await memory.begin(streams);
  const stamped = streams.map((configured) => {
    const { id, minimum } = generations.get(streamKey(configured.stream)) ?? { id: syncId, minimum: 0 };
    return { ...configured, generation_id: id, minimum_generation_id: minimum, sync_id: syncId };
  });
  return { catalog: { streams: stamped }, syncId };
}

/** What the destination pulls from; its first pull starts the source. */
function openInput(run: Run, records: () => Flow, { reader, recountStates }: SyncOptions) {
  const { tally, ledger, stop, watchdog, voice } = run;
  let isEnded = false;

  async function* input(): Flow {
    try {
      watchdog.waitFor('source');
      const observer = observe({
        source: reader.name,
        tally,
        ledger,
        recountStates: recountStates ?? false,
        warn: voice.warn,
        onEvent: voice.say,
      });
      let pausedAtMs = performance.now();
      for await (const items of run.attend(records(), stop.sourceSignal)) {
        watchdog.sign('source');
        watchdog.waitFor('destination');
        const passed = observer.pass(items);
        if (passed.length > 0) yield passed;
        // Two ends in this process can hand on records without ever pausing; timers and signals are let in all the same.
        if (performance.now() - pausedAtMs > longestRunMs) {
          await new Promise((resolve) => setImmediate(resolve));
          pausedAtMs = performance.now();
        }
        watchdog.waitFor('source');
      }
      const last = observer.last();
      isEnded = true;
      watchdog.waitFor('confirmation');
      yield last;
    } catch (error) {
      stop.note({ error, of: reader.name });
      watchdog.cutShort();
      throw error;
    } finally {
      if (!isEnded) stop.endSource();
    }
  }

  return { flow: attended(input(), stop.signal).flow, isEnded: () => isEnded };
}

const longestRunMs = 20;

/** The destination has ended well: what no state speaks for counts as taken, with a warning. */
function closeAccount(
  { ledger, tally, voice }: Run,
  { writer, isInputEnded }: { readonly writer: Writer; readonly isInputEnded: boolean },
): void {
  if (!isInputEnded) {
    throw new DeliveryError(`${writer.name}: ended before it had taken all its input`, {
      guidance: 'What was confirmed before is kept. Its log may say why it ended.',
    });
  }
  for (const [key, records] of ledger.close().unspoken) {
    if (records === 0) continue;
    const stream = tally.get(key)?.label ?? streamLabel(streamOfKey(key));
    voice.warn({
      code: 'nothing_confirmed',
      message: `${writer.name} took ${records} records of ${stream} that no state confirms`,
      stream,
    });
  }
}
