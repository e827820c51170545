import { chooseRun } from '../../connectors/choose.ts';
import { openRegistry } from '../../connectors/registry/registry.ts';
import { NotRunnableError } from '../../errors.ts';
import type { ConnectorWay } from '../../index.ts';
import { getAvailableConnectors, getDestination, getSource } from '../../index.ts';
import type { OutputFlags } from '../commands/flags.ts';
import { counted } from '../figures.ts';
import { type Kind, kindOfName } from '../name-argument.ts';
import { printRows } from '../print-rows.ts';
import { renderConnector, type Shown } from '../render-connector.ts';
import { runSession } from '../session.ts';

/** How the registry is asked. */
export interface RegistryFlags extends OutputFlags {
  readonly refresh?: boolean;
  readonly offline?: boolean;
}

/** The flags of `sluice connectors`. */
export interface ConnectorsFlags extends RegistryFlags {
  readonly kind?: Kind;
  readonly way?: ConnectorWay['way'];
}

/** `sluice connectors [SEARCH…]` */
export async function runConnectors(search: readonly string[], flags: ConnectorsFlags): Promise<number> {
  return runSession(
    flags,
    async (session) => {
      const { kind, way, refresh, offline } = flags;
      const found = await getAvailableConnectors({
        ...session.call,
        kind,
        way,
        refresh,
        offline,
        search: search.join(' '),
      });
      const isTable = session.output.isTerminal && flags.json !== true;
      const rows = found.map(({ name, title, version, ways, supportLevel }) => {
        const runs = ways.map((one) => one.way);
        return {
          name,
          title,
          version: version ?? null,
          runs: isTable ? runs.join(', ') : runs,
          support: supportLevel ?? null,
        };
      });
      await printRows(rows, flags, session);
      session.reporter.note(
        found.length === 0 ? 'no connector is like that' : counted(found.length, 'connector'),
      );
    },
    { mayEndEarly: true },
  );
}

/** `sluice connectors show NAME` */
export async function runConnectorsShow(written: string, flags: RegistryFlags): Promise<number> {
  return runSession(
    flags,
    async ({ output, reporter, call: { signal, log } }) => {
      const { refresh, offline } = flags;
      const asking = { refresh, offline, signal };
      const kind = await kindOfName(written, asking);
      const name = written.startsWith(`${kind}-`) ? written : `${kind}-${written}`;
      const registry = await openRegistry(asking, name);
      // The copy is new now, and the choice is made by what it says.
      const { run, told, others } = await chooseRun({ name, written, kind }, { offline }).catch(tellNoWay);
      for (const entry of registry.notices) log(entry);
      const shown: Shown = {
        name,
        kind,
        metadata: registry.find(name),
        origin: registry.origin,
        runs: told,
        others,
        installed: run?.way === 'python' ? await installedVersion(name, kind) : undefined,
      };
      await output.write(
        output.isTerminal && flags.json !== true
          ? `${renderConnector(shown, reporter.palette)}\n`
          : `${JSON.stringify(documentOf(shown))}\n`,
      );
    },
    { mayEndEarly: true },
  );
}

/** What is known of a connector is told also where there is no way to run it. */
function tellNoWay(error: unknown) {
  if (!(error instanceof NotRunnableError)) throw error;
  return { run: undefined, told: 'no way to run it is known', others: [] };
}

async function installedVersion(name: string, kind: Kind): Promise<string | undefined> {
  await using connector = kind === 'source' ? getSource(name) : getDestination(name);
  return connector.connectorVersion();
}

/** Without the entry, which has all of it once more. */
function documentOf({ metadata, name, kind, runs, others, installed, origin }: Shown) {
  const { entry, ...known } = metadata ?? {};
  const confirmedAt = origin.confirmedAt === undefined ? {} : { confirmedAt: new Date(origin.confirmedAt) };
  const registry = { ...origin, ...confirmedAt };
  return { ...known, name, kind, runs, others, installed, registry };
}
