import { checkOptions } from '../connectors/options.ts';
import { InputError, unreachable } from '../errors.ts';
import { findProgram } from '../executors/find-program.ts';
import { Destination, getDestination, getSource, loadConnector, Source } from '../index.ts';
import type { Config } from '../protocol/spec.ts';
import { type ConnectorArgument, parseConnector } from './connector-argument.ts';
import { type Kind, kindOfName } from './name-argument.ts';
import { parseOptions } from './option-argument.ts';

/** A connector as the command line names it. */
export interface ConnectorRequest {
  readonly argument: string;
  readonly config: Config | undefined;
  /** `KEY=VALUE`, as they were given. */
  readonly options: readonly string[] | undefined;
  /** The flag that gave them. */
  readonly optionFlag: string;
}

export async function openSource(request: ConnectorRequest): Promise<Source> {
  const connector = parseConnector(request.argument);
  if (connector.kind !== 'module') {
    const { name, options } = await connectorOptions(connector, request);
    return getSource(name, request.config, checkOptions('source', options, name));
  }
  const loaded = await loadConnector(connector.reference);
  if (loaded instanceof Source) return configured(loaded, request);
  if (loaded instanceof Destination) throw wrongEnd(request.argument, 'destination', 'source');
  return getSource(loaded, request.config, checkOptions('source', givenOptions(request), loaded.name));
}

export async function openDestination(request: ConnectorRequest): Promise<Destination> {
  const connector = parseConnector(request.argument);
  if (connector.kind !== 'module') {
    const { name, options } = await connectorOptions(connector, request);
    return getDestination(name, request.config, checkOptions('destination', options, name));
  }
  const loaded = await loadConnector(connector.reference);
  if (loaded instanceof Destination) return configured(loaded, request);
  if (loaded instanceof Source) throw wrongEnd(request.argument, 'source', 'destination');
  return getDestination(
    loaded,
    request.config,
    checkOptions('destination', givenOptions(request), loaded.name),
  );
}

/** A source or a destination: whichever the name says, or whichever there is of a name that does not say. */
export async function openEither(request: ConnectorRequest): Promise<Source | Destination> {
  const kind = await kindOf(parseConnector(request.argument));
  return kind === 'source' ? openSource(request) : openDestination(request);
}

async function connectorOptions(
  connector: Exclude<ConnectorArgument, { kind: 'module' }>,
  request: ConnectorRequest,
) {
  const { name } = connector;
  const options = givenOptions(request);
  switch (connector.kind) {
    case 'name':
      return { name, options };
    case 'program':
      // Sooner than the library would look, so that the message says what was written, not what it is called.
      if (options['localExecutable'] === undefined) await findProgram(request.argument, connector.path);
      return { name, options: { localExecutable: connector.path, ...options } };
    case 'python':
      return { name, options: { pipUrl: connector.requirement, ...options } };
    case 'npm':
      return { name, options: { npmPackage: connector.package, ...options } };
    case 'docker':
      return { name, options: { dockerImage: connector.image, ...options } };
    default:
      return unreachable(connector);
  }
}

function givenOptions({ optionFlag, options }: ConnectorRequest): Readonly<Record<string, unknown>> {
  return parseOptions(optionFlag, options ?? []);
}

/** A file can export a connector that is opened already; only its config can still be another. */
function configured<End extends Source | Destination>(
  end: End,
  { argument, config, ...request }: ConnectorRequest,
): End {
  const [option] = Object.keys(givenOptions({ argument, config, ...request }));
  if (option !== undefined) {
    throw new InputError(
      `${argument} is opened in its file, where its options are; "${option}" cannot be added`,
      {
        guidance: 'Give the option to getSource or getDestination there.',
      },
    );
  }
  if (config !== undefined) end.setConfig(config);
  return end;
}

function wrongEnd(argument: string, is: Kind, wanted: Kind): InputError {
  return new InputError(`${argument} is a ${is}, not a ${wanted}`);
}

async function kindOf(connector: ConnectorArgument): Promise<Kind> {
  if (connector.kind === 'module') {
    const loaded = await loadConnector(connector.reference);
    if (loaded instanceof Destination) return 'destination';
    return loaded instanceof Source || loaded.read !== undefined ? 'source' : 'destination';
  }
  if (connector.name.startsWith('destination-')) return 'destination';
  if (connector.name.startsWith('source-')) return 'source';
  // What is given as a program or package can answer spec and check whatever it is called.
  return connector.kind === 'name' ? kindOfName(connector.name) : 'source';
}
