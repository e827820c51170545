import { builtIn, builtInOf } from '../../connectors/built-in.ts';
import { isConnectorProgram } from '../../connectors/connector-program.ts';
import { InputError } from '../../errors.ts';
import { loadConnector, serve } from '../../index.ts';
import type { ConnectorProgram } from '../../protocol/flow.ts';
import { parseConnector } from '../connector-argument.ts';

/** `sluice serve CONNECTOR COMMAND …` */
export async function runServe(argument: string, args: readonly string[]): Promise<number> {
  return serve(() => programOf(argument), { args });
}

async function programOf(argument: string): Promise<ConnectorProgram> {
  const connector = parseConnector(argument);
  if (connector.kind === 'module') {
    const loaded = await loadConnector(connector.reference);
    if (isConnectorProgram(loaded)) return loaded;
    throw new InputError(`${argument} exports a connector that is opened already`, {
      guidance: 'Export what defineSource or defineDestination gave.',
    });
  }
  const load = connector.kind === 'name' ? builtInOf(connector.name) : undefined;
  if (load !== undefined) return load();
  throw new InputError(`${argument} is not a connector in TypeScript`, {
    guidance: `Give a file (./my-source.ts) or a built-in connector: ${Object.keys(builtIn).join(', ')}.`,
  });
}
