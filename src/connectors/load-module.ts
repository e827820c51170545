import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError, messageOf, NotRunnableError } from '../errors.ts';
import type { ConnectorProgram } from '../protocol/flow.ts';
import { didYouMean } from '../protocol/nearest.ts';
import { isConnectorProgram } from './connector-program.ts';
import { type Destination, isDestination } from './destination.ts';
import { isSource, type Source } from './source.ts';

/** What a module can export as a connector. */
export type LoadedConnector = ConnectorProgram | Source | Destination;

/**
 * Loads a connector from a file of TypeScript or JavaScript: `./file.ts` for its default or only one,
 * `./file.ts#name` for one of several. A relative path counts from the current folder.
 */
export async function loadConnector(reference: string): Promise<LoadedConnector> {
  const { path, wanted } = parseReference(reference);
  await refuseMissing(path, reference);
  const connectors = connectorsIn(await importModule(path, reference));
  const names = [...connectors.keys()];
  if (wanted !== undefined) {
    const found = connectors.get(wanted);
    if (found !== undefined) return found;
    const hint = didYouMean(wanted, names);
    throw new InputError(
      `${reference}: no connector is exported as "${wanted}"${hint === undefined ? '' : `; ${hint}`}`,
      {
        guidance: exportsOf(names),
        context: { path, exports: names },
      },
    );
  }
  const [only] = connectors.values();
  const found = connectors.get('default') ?? (connectors.size === 1 ? only : undefined);
  if (found !== undefined) return found;
  throw new InputError(
    names.length === 0
      ? `${reference} exports no connector`
      : `${reference} exports ${names.length} connectors`,
    {
      guidance:
        names.length === 0
          ? 'Export what defineSource, defineDestination, getSource, getDestination or records gave.'
          : `Say which: ${names.map((name) => `${reference}#${name}`).join(', ')}.`,
      context: { path, exports: names },
    },
  );
}

function parseReference(reference: string): { readonly path: string; readonly wanted: string | undefined } {
  const [, file = reference, wanted] = /^(.*)#([\w$]+)$/s.exec(reference) ?? [];
  return { path: resolve(file), wanted };
}

async function refuseMissing(path: string, reference: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() === true) return;
  throw new InputError(
    `${reference}: there is ${found === undefined ? 'no file' : 'a folder, not a file, at'} ${path}`,
    {
      guidance: 'Check the path: a relative one counts from the current folder.',
      context: { path },
    },
  );
}

async function importModule(path: string, reference: string): Promise<Readonly<Record<string, unknown>>> {
  const { createJiti } = await import('jiti');
  // Nothing is cached in files. `sluice` is the library that runs, installed beside the file or not, never a second copy.
  const virtualModules = { sluice: await runningLibrary() };
  const jiti = createJiti(import.meta.url, { fsCache: false, virtualModules });
  try {
    const loaded: unknown = await jiti.import(path);
    return typeof loaded === 'object' && loaded !== null ? { ...loaded } : {};
  } catch (cause) {
    throw new NotRunnableError(`${reference} cannot be loaded: ${messageOf(cause)}`, {
      guidance: 'Run the file by itself to see where it fails.',
      context: { path },
      cause,
    });
  }
}

/** Named only now, for it imports this file in its turn; it lies one level up, in `src` and in `dist` alike. */
function runningLibrary(): Promise<unknown> {
  const index = import.meta.url.endsWith('.ts') ? '../index.ts' : '../index.js';
  return import(new URL(index, import.meta.url).href);
}

function connectorsIn(exports: Readonly<Record<string, unknown>>): ReadonlyMap<string, LoadedConnector> {
  const found = new Map<string, LoadedConnector>();
  for (const [name, value] of Object.entries(exports)) if (isConnector(value)) found.set(name, value);
  return found;
}

function isConnector(value: unknown): value is LoadedConnector {
  return isSource(value) || isDestination(value) || isConnectorProgram(value);
}

function exportsOf(names: readonly string[]): string {
  return names.length === 0 ? 'It exports no connector at all.' : `It exports ${names.join(', ')}.`;
}
