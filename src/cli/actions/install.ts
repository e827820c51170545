import type { Destination, Source } from '../../index.ts';
import type { OptionFlag, OutputFlags } from '../commands/flags.ts';
import { openEither } from '../open-connector.ts';
import { runSession, type Session } from '../session.ts';

/** The flags of `sluice install` and `uninstall`. */
export type InstallFlags = OptionFlag & OutputFlags;

/** The flags of `sluice upgrade`. */
export interface UpgradeFlags extends InstallFlags {
  readonly acceptBreaking?: boolean;
}

/** `sluice install CONNECTOR` */
export async function runInstall(argument: string, flags: InstallFlags): Promise<number> {
  return withConnector(argument, flags, async (connector, { call, reporter }) => {
    await connector.install(call);
    const version = await connector.connectorVersion();
    reporter.note(`${connector.name} ${version ?? ''} is installed`.replace('  ', ' '));
    return { connector: connector.name, version };
  });
}

/** `sluice upgrade CONNECTOR` */
export async function runUpgrade(argument: string, flags: UpgradeFlags): Promise<number> {
  return withConnector(argument, flags, async (connector, { call, reporter }) => {
    const { acceptBreaking = false } = flags;
    const upgrade = await connector.upgrade({ ...call, acceptBreaking });
    const { from, to, isNew } = upgrade;
    reporter.note(
      isNew
        ? `${connector.name} is upgraded from ${from ?? 'nothing'} to ${to ?? 'a version that cannot be known'}`
        : `${connector.name} is at ${to ?? 'the newest version'}, and nothing newer is known`,
    );
    return { connector: connector.name, ...upgrade };
  });
}

/** `sluice uninstall CONNECTOR` */
export async function runUninstall(argument: string, flags: InstallFlags): Promise<number> {
  return withConnector(argument, flags, async (connector, { call, reporter }) => {
    await connector.uninstall(call);
    reporter.note(`${connector.name} is uninstalled`);
    return { connector: connector.name, uninstalled: true };
  });
}

async function withConnector(
  argument: string,
  flags: InstallFlags,
  work: (connector: Source | Destination, session: Session) => Promise<object>,
): Promise<number> {
  return runSession(flags, async (session) => {
    await using connector = await openEither({
      argument,
      config: undefined,
      options: flags.option,
      optionFlag: '--option',
    });
    const done = await work(connector, session);
    if (flags.json === true) await session.output.write(`${JSON.stringify(done)}\n`);
  });
}
