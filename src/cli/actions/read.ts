import { getDestination, type Source } from '../../index.ts';
import { streamLabel } from '../../protocol/catalog.ts';
import type { ConnectorProgram, Flow } from '../../protocol/flow.ts';
import { stringifyLossless } from '../../protocol/lossless-json.ts';
import type { Row } from '../../protocol/messages.ts';
import type { ConnectorFlags, OutputFlags } from '../commands/flags.ts';
import { readConfig } from '../config-argument.ts';
import { openSource } from '../open-connector.ts';
import { runSession, type Session } from '../session.ts';
import { parseStreams } from '../stream-argument.ts';

/** The flags of `sluice read`. */
export interface ReadFlags extends ConnectorFlags, OutputFlags {
  readonly streams?: readonly string[];
  readonly limit?: number;
}

/** `sluice read SOURCE` */
export async function runRead(argument: string, flags: ReadFlags): Promise<number> {
  return runSession(
    flags,
    async (session) => {
      const streams = parseStreams(flags.streams);
      const config = await readConfig('--config', flags.config, session.call);
      await using source = await openSource({
        argument,
        config,
        options: flags.option,
        optionFlag: '--option',
      });
      if (streams !== undefined) source.selectStreams(streams);
      const labels = await source.getSelectedStreams(session.call);
      const print = printerOf(session, { isNamed: flags.json === true || labels.length > 1 });
      if (flags.limit === undefined) await readAll(source, print, session);
      else for (const label of labels) await readSome(source, label, flags.limit, print, session);
    },
    { mayEndEarly: true },
  );
}

type Print = (label: string, row: Row) => Promise<void>;

function printerOf({ output }: Session, { isNamed }: { readonly isNamed: boolean }): Print {
  return (label, row) => {
    const data = stringifyLossless(row);
    return output.write(isNamed ? `{"stream":${JSON.stringify(label)},"data":${data}}\n` : `${data}\n`);
  };
}

/** One stream after another, each stopped as soon as there is enough of it. */
async function readSome(
  source: Source,
  label: string,
  limit: number,
  print: Print,
  { call }: Session,
): Promise<void> {
  for await (const row of source.getRecords(label, { limit, ...call })) await print(label, row);
}

/** All streams in one run of the connector: a write to a destination that prints. */
async function readAll(source: Source, print: Print, { reporter, signal }: Session): Promise<void> {
  await using destination = getDestination(printer(print));
  await destination.write(source, {
    writeStrategy: 'append',
    forceFullRefresh: true,
    stateCache: false,
    signal,
    onEvent(event) {
      if (event.type === 'log' || event.type === 'warning') reporter.onEvent(event);
    },
  });
}

function printer(print: Print): ConnectorProgram {
  return {
    name: 'destination-stdout',
    version: '1',
    spec: {
      connectionSpecification: { type: 'object' },
      supported_destination_sync_modes: ['append'],
    },
    check: async () => ({ status: 'SUCCEEDED' }),
    write: (_config, _catalog, input) => printing(input, print),
  };
}

async function* printing(input: Flow, print: Print): Flow {
  for await (const items of input) {
    for (const item of items) {
      if (item.type !== 'RECORDS') continue;
      for (const { record } of item.records()) {
        await print(streamLabel({ name: record.stream, namespace: record.namespace }), record.data);
      }
    }
    const states = items.filter((item) => item.type === 'STATE');
    if (states.length > 0) yield states;
  }
}
