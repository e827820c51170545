import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { RegistryError } from '../../errors.ts';

/** Where the registry is. `label` is for people: no password and no token is in it. */
export type RegistryPlace =
  | { readonly kind: 'none'; readonly label: string }
  | { readonly kind: 'file'; readonly path: string; readonly label: string; readonly base: string }
  | { readonly kind: 'url'; readonly url: URL; readonly label: string; readonly base: string };

/** What the environment says of the registry. */
export interface RegistrySettings {
  readonly place: RegistryPlace;
  /** Whether the network may not be used at all. */
  readonly isOffline: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads SLUICE_REGISTRY and SLUICE_OFFLINE, and what PyAirbyte calls them. Airbyte's own registry is the default. */
export function registrySettings(env: Environment = process.env): RegistrySettings {
  const isOffline = [env['SLUICE_OFFLINE'], env['AIRBYTE_OFFLINE_MODE']].some(isOn);
  const own = env['SLUICE_REGISTRY']?.trim() ?? '';
  if (own !== '') return { place: placeOf(own, 'SLUICE_REGISTRY'), isOffline };
  const airbytes = env['AIRBYTE_LOCAL_REGISTRY']?.trim() ?? '';
  return airbytes === ''
    ? { place: placeOf(airbyteRegistry, 'the default'), isOffline }
    : { place: placeOf(airbytes, 'AIRBYTE_LOCAL_REGISTRY'), isOffline };
}

const filesOfAirbyte = 'https://connectors.airbyte.com/files/';
const airbyteRegistry = `${filesOfAirbyte}registries/v0/oss_registry.json`;

function placeOf(value: string, variable: string): RegistryPlace {
  if (/^(0|f|false|n|no|off|none)$/i.test(value))
    return { kind: 'none', label: `none (${variable} turns it off)` };
  if (/^https?:/i.test(value)) {
    if (!URL.canParse(value)) throw notThere(variable, 'is no URL');
    const url = new URL(value);
    return { kind: 'url', url, label: `${url.origin}${url.pathname}`, base: baseOf(url) };
  }
  if (/^file:/i.test(value)) {
    return fileAt(pathIn(value, variable));
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(value))
    throw notThere(variable, 'is a URL of a kind that cannot be read');
  return fileAt(isAbsolute(value) ? value : resolve(value));
}

function fileAt(path: string): RegistryPlace {
  return { kind: 'file', path, label: path, base: baseOf(pathToFileURL(path)) };
}

/** The files of the connectors lie beside the folder of registries, where there is one; else Airbyte has them. */
function baseOf(url: URL): string {
  const at = url.pathname.lastIndexOf('/registries/');
  if (at === -1) return filesOfAirbyte;
  const base = new URL(url.pathname.slice(0, at + 1), url);
  base.username = '';
  base.password = '';
  return base.href;
}

function pathIn(value: string, variable: string): string {
  try {
    return fileURLToPath(value);
  } catch (cause) {
    throw notThere(variable, 'is no URL of a file on this machine', cause);
  }
}

function notThere(variable: string, what: string, cause?: unknown): RegistryError {
  return new RegistryError(`${variable} ${what}`, {
    guidance: 'Give the URL (https://…) or the file of a registry, or 0 for none.',
    context: { variable },
    cause,
  });
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !/^(|0|f|false|n|no|off)$/i.test(value.trim());
}
