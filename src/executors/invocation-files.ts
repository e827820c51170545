import type { Invocation } from '../protocol/flow.ts';
import { stringifyLossless } from '../protocol/lossless-json.ts';
import type { Workspace } from './workspace.ts';

/** The arguments of one command; config, catalog and states go into files, so that no secret is in an argument list. */
export async function writeArguments(
  workspace: Workspace,
  invocation: Invocation,
  seenAs: (file: string) => string = (path) => path,
): Promise<readonly string[]> {
  const file = async (option: string, name: string, content: unknown) => [
    option,
    seenAs(await workspace.write(name, stringifyLossless(content))),
  ];
  const { command } = invocation;
  if (command === 'spec') return [command];
  const config = await file('--config', 'config.json', invocation.config);
  if (command === 'check' || command === 'discover') return [command, ...config];
  const catalog = await file('--catalog', 'catalog.json', invocation.catalog);
  if (command === 'write' || invocation.states.length === 0) return [command, ...config, ...catalog];
  const states = invocation.states.map(({ state }) => state);
  return [command, ...config, ...catalog, ...(await file('--state', 'state.json', states))];
}
