import { InputError, messageOf, NotRunnableError } from '../../errors.ts';
import type { ConnectorProgram } from '../../protocol/flow.ts';
import { isJsonObject } from '../../protocol/json-object.ts';
import { didYouMean } from '../../protocol/nearest.ts';
import { isConnectorProgram } from '../connector-program.ts';
import type { ConnectorKind } from '../options.ts';

/** Which export of which package is the connector. */
export interface PackagedConnector {
  readonly name: string;
  readonly kind: ConnectorKind;
  /** The URL of the file that an import of the package loads. */
  readonly entry: string;
  /** The name of the export; else the default one, or the only one of its kind. */
  readonly exported?: string | undefined;
}

/** Imports a package and takes the connector from what it exports. */
export async function loadPackage({
  name,
  kind,
  entry,
  exported,
}: PackagedConnector): Promise<ConnectorProgram> {
  const found = programsIn(await importEntry(name, entry), kind);
  const names = [...found.keys()];
  const hint = exported === undefined ? undefined : didYouMean(exported, names);
  const [only] = found.values();
  const program =
    exported === undefined
      ? (found.get('default') ?? (found.size === 1 ? only : undefined))
      : found.get(exported);
  if (program !== undefined) return program;
  const what =
    exported === undefined
      ? `${names.length === 0 ? 'no' : names.length} ${kind}${names.length === 1 ? '' : 's'}`
      : `no ${kind} as "${exported}"`;
  throw new InputError(`${name}: its npm package exports ${what}${hint === undefined ? '' : `; ${hint}`}`, {
    guidance:
      names.length === 0
        ? `A ${kind} is what define${kind === 'source' ? 'Source' : 'Destination'} gave.`
        : `Say which behind the package: ${names.map((one) => `#${one}`).join(', ')}.`,
    context: { connector: name, exports: names },
  });
}

async function importEntry(name: string, entry: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const loaded: unknown = await import(entry);
    return isJsonObject(loaded) ? loaded : {};
  } catch (cause) {
    throw new NotRunnableError(`${name}: its npm package cannot be loaded: ${messageOf(cause)}`, {
      guidance: 'Import the package by itself to see where it fails.',
      context: { connector: name, entry },
      cause,
    });
  }
}

/** Also what a CommonJS module exports, which comes as its default. */
function programsIn(
  exports: Readonly<Record<string, unknown>>,
  kind: ConnectorKind,
): ReadonlyMap<string, ConnectorProgram> {
  const { default: main } = exports;
  const inner = isJsonObject(main) && !isConnectorProgram(main) ? main : {};
  const found = new Map<string, ConnectorProgram>();
  for (const [key, value] of Object.entries({ ...inner, ...exports })) {
    if (!isConnectorProgram(value)) continue;
    if ((kind === 'source' ? value.read : value.write) !== undefined) found.set(key, value);
  }
  return found;
}
