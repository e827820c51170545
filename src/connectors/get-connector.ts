import { InputError } from '../errors.ts';
import type { ConnectorProgram } from '../protocol/flow.ts';
import { isJsonObject } from '../protocol/json-object.ts';
import type { Config } from '../protocol/spec.ts';
import { builtInOf } from './built-in.ts';
import { Connector } from './connector.ts';
import { isConnectorProgram } from './connector-program.ts';
import { type ConnectorKind, checkOptions, type SourceOptions } from './options.ts';
import { readSnapshot } from './registry/snapshot.ts';
import { resolve } from './resolve.ts';
import { viaOf } from './via.ts';
import { checkWay, refuseUnusable, type Way } from './ways.ts';

/** Checks what `getSource` and `getDestination` were given; nothing is looked up or started before first use. */
export function getConnector(
  kind: ConnectorKind,
  nameOrProgram: string | ConnectorProgram,
  config: unknown,
  givenOptions: unknown,
): { readonly connector: Connector; readonly options: SourceOptions } {
  const program = typeof nameOrProgram === 'string' ? undefined : checkProgram(kind, nameOrProgram);
  const who = typeof nameOrProgram === 'string' ? nameOrProgram : nameOrProgram.name;
  const options = checkOptions(kind, givenOptions, who);
  const way = checkWay(options, who);
  if (kind === 'destination' && way === 'manifest') {
    throw new InputError(`${who}: a destination has no manifest: only sources are declared in YAML`, {
      guidance: 'Leave out "sourceManifest".',
    });
  }
  if (program !== undefined && way !== undefined) {
    throw new InputError(
      `${who}: a connector written in TypeScript runs in this process, not by a way of its own`,
      {
        guidance: 'Leave out the option that says how to run it.',
      },
    );
  }
  const name =
    program === undefined ? expandName(kind, checkName(kind, nameOrProgram), options, way) : program.name;
  if (way === undefined && (program !== undefined || builtInOf(name) !== undefined))
    refuseUnusable(options, 'built in', `${name}: built in, where`);
  const connector = new Connector({
    name,
    kind,
    via: viaOf({ name, program, options, way }),
    config: config === undefined ? undefined : checkConfig(config, name),
    resolve: () => resolve({ name, written: who, kind, program, options, way }),
    onConfigChange: options.onConfigChange,
  });
  return { connector, options };
}

/** A config that was given: any JSON object, copied, so that what happens to the original later changes nothing. */
export function checkConfig(config: unknown, who: string): Config {
  if (isJsonObject(config)) {
    try {
      return structuredClone(config);
    } catch (cause) {
      throw new InputError(`${who}: the config holds something that JSON cannot hold`, { cause });
    }
  }
  throw new InputError(`${who}: the config must be an object`, {
    guidance: 'Options, such as version or localExecutable, come after the config.',
  });
}

function checkName(kind: ConnectorKind, name: unknown): string {
  if (typeof name !== 'string' || !/^[\w.-]+$/.test(name) || /^\.+$/.test(name)) {
    throw new InputError(`${JSON.stringify(name) ?? String(name)} is not the name of a connector`, {
      guidance: 'For a program give its path as localExecutable, for a file of TypeScript use loadConnector.',
    });
  }
  const other = kind === 'source' ? 'destination' : 'source';
  if (name.startsWith(`${other}-`)) {
    throw new InputError(`${name} is a ${other}, not a ${kind}`, {
      guidance: other === 'source' ? 'Use getSource.' : 'Use getDestination.',
    });
  }
  return name;
}

/** "faker" means source-faker. Where the name is only a label for something that is given otherwise, it stays as it is. */
function expandName(kind: ConnectorKind, name: string, options: SourceOptions, way: Way | undefined): string {
  const full = `${kind}-${name}`;
  if (name.startsWith(`${kind}-`)) return name;
  const isLabel =
    way === 'own executor' ||
    typeof options.localExecutable === 'string' ||
    options.pipUrl !== undefined ||
    options.npmPackage !== undefined ||
    (way === 'manifest' && options.sourceManifest !== true);
  if (!isLabel) return full;
  return options.pipUrl !== undefined && isKnown(full) ? full : name;
}

function isKnown(name: string): boolean {
  return builtInOf(name) !== undefined || readSnapshot().some((entry) => entry.name === name);
}

function checkProgram(kind: ConnectorKind, program: unknown): ConnectorProgram {
  if (!isConnectorProgram(program)) {
    throw new InputError(`get${kind === 'source' ? 'Source' : 'Destination'} takes a name or a connector`, {
      guidance: 'A connector written in TypeScript is made by defineSource or defineDestination.',
    });
  }
  const isRight = kind === 'source' ? program.read !== undefined : program.write !== undefined;
  if (isRight) return program;
  throw new InputError(`${program.name} is not a ${kind}`, {
    guidance: kind === 'source' ? 'Use getDestination.' : 'Use getSource.',
  });
}
