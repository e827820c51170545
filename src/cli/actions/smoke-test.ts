import { readFile } from 'node:fs/promises';
import { errnoOf, InputError, messageOf } from '../../errors.ts';
import {
  type Cache,
  type CustomScenario,
  type Destination,
  listScenarios,
  type SmokeTestOptions,
  smokeTest,
} from '../../index.ts';
import type { LogSink } from '../../protocol/log.ts';
import { parseLossless } from '../../protocol/lossless-json.ts';
import { openCacheArgument } from '../cache-argument.ts';
import type { ConnectorFlags, OutputFlags } from '../commands/flags.ts';
import { readConfig } from '../config-argument.ts';
import { exitCodes } from '../exit-codes.ts';
import { openDestination } from '../open-connector.ts';
import { palette } from '../palette.ts';
import { renderRemains, renderScenario, renderScenarios, renderVerdict } from '../render-smoke-test.ts';
import { runSession } from '../session.ts';
import { wantsColour } from '../terminal.ts';

/** The flags of `sluice smoke-test`. */
export interface SmokeTestFlags extends ConnectorFlags, OutputFlags {
  readonly cache?: string | true;
  readonly list?: boolean;
  readonly scenario?: readonly string[];
  readonly slow?: boolean;
  readonly customScenarios?: string;
  /** False with `--no-namespace`; true is what commander makes of neither. */
  readonly namespace?: string | boolean;
  readonly prefix?: string;
  readonly strict?: boolean;
  readonly keep?: boolean;
}

/** `sluice smoke-test DESTINATION` */
export async function runSmokeTest(argument: string | undefined, flags: SmokeTestFlags): Promise<number> {
  let isGood = true;
  const exitCode = await runSession(flags, async ({ output, reporter, signal, call }) => {
    const colours = palette(wantsColour(process.stdout));
    if (flags.list === true) {
      const all = listScenarios();
      await output.write(flags.json === true ? `${JSON.stringify(all)}\n` : renderScenarios(all, colours));
      return;
    }
    const custom = await readScenarios(flags.customScenarios);
    await using destination = await openEnd(argument, flags, signal);
    const log: LogSink = (entry) => {
      if (flags.verbose === true || entry.isNotice === true) call.log(entry);
    };
    const report = await smokeTest(destination, {
      ...optionsIn(flags),
      ...(custom === undefined ? {} : { custom }),
      signal,
      log,
      onEvent(event) {
        if (flags.json === true || event.type !== 'scenario_finished') return;
        void output.write(renderScenario(event.report, colours));
      },
    });
    isGood = report.success;
    await output.write(
      flags.json === true ? `${JSON.stringify(report)}\n` : `\n${renderVerdict(report, colours)}\n`,
    );
    const remains = renderRemains(report);
    if (remains !== undefined) reporter.note(remains);
  });
  return exitCode === exitCodes.ok && !isGood ? exitCodes.failed : exitCode;
}

function optionsIn(flags: SmokeTestFlags): SmokeTestOptions {
  const { namespace, prefix, scenario, slow, strict, keep } = flags;
  const names = scenario?.flatMap((text) => text.split(',').map((name) => name.trim()));
  return {
    ...(names === undefined ? {} : { scenarios: names.filter((name) => name !== '') }),
    ...(slow === undefined ? {} : { slow }),
    ...(namespace === undefined || namespace === true ? {} : { namespace }),
    ...(prefix === undefined ? {} : { streamPrefix: prefix }),
    ...(strict === undefined ? {} : { strict }),
    ...(keep === undefined ? {} : { keep }),
  };
}

async function openEnd(
  argument: string | undefined,
  flags: SmokeTestFlags,
  signal: AbortSignal,
): Promise<Destination | (Cache & AsyncDisposable)> {
  const { cache, config, option } = flags;
  if ((argument === undefined) === (cache === undefined)) {
    throw new InputError('smoke-test takes either a destination or --cache', {
      guidance: 'Such as: sluice smoke-test jsonl --config \'{"path": "out"}\', or --cache shop.duckdb.',
    });
  }
  if (argument === undefined) {
    if (config !== undefined || option !== undefined) {
      throw new InputError('--config and --option are for a destination, not for a cache');
    }
    return openCacheArgument(cache);
  }
  return openDestination({
    argument,
    config: await readConfig('--config', config, { signal }),
    options: option,
    optionFlag: '--option',
  });
}

/** The scenarios in a file, with their numbers as they are spelled there. */
async function readScenarios(path: string | undefined): Promise<readonly CustomScenario[] | undefined> {
  if (path === undefined) return undefined;
  const who = `--custom-scenarios ${path}`;
  const guidance = 'It takes a JSON file with a list of objects: name, json_schema, records.';
  try {
    const value = parseLossless(await readFile(path, 'utf8'));
    if (Array.isArray(value)) return value;
  } catch (cause) {
    const reason = errnoOf(cause) === 'ENOENT' ? 'no such file' : messageOf(cause);
    throw new InputError(`${who}: ${reason}`, { guidance, cause });
  }
  throw new InputError(`${who}: not a list`, { guidance });
}
