import { InputError } from '../errors.ts';
import type { ManifestPlace } from '../executors/manifest-place.ts';
import type { Executor } from '../protocol/flow.ts';
import type { ConnectorOptions } from './options.ts';

/** The executor of a source that is declared in YAML. */
export async function manifestExecutor(name: string, options: ConnectorOptions): Promise<Executor> {
  const { ManifestExecutor } = await import('../executors/manifest.ts');
  const { sourceManifest, manifest, version, installRoot, installIfMissing, env, timeouts } = options;
  const place =
    sourceManifest === true || sourceManifest === undefined || sourceManifest === false
      ? { kind: 'url' as const, url: registeredManifest(name, version) }
      : manifestPlace(name, sourceManifest);
  return new ManifestExecutor(name, { ...manifest, place, installRoot, installIfMissing, env, timeouts });
}

/** Where a manifest lies that was given: a URL, a path, its text of several lines, or itself. */
export function manifestPlace(
  name: string,
  manifest: string | Readonly<Record<string, unknown>>,
): ManifestPlace {
  if (typeof manifest !== 'string' || manifest.includes('\n')) return { kind: 'content', content: manifest };
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(manifest)) return { kind: 'path', path: manifest };
  if (/^https?:/i.test(manifest) && URL.canParse(manifest)) return { kind: 'url', url: manifest };
  throw new InputError(`${name}: a manifest cannot be had from a URL of that kind`, {
    guidance: 'Give one that begins with http:// or https://, or the path of a file.',
  });
}

/** Where Airbyte's registry has the manifest of a connector; beside another registry, where that one has it. */
function registeredManifest(name: string, version = 'latest'): string {
  const { SLUICE_REGISTRY: registry = '' } = process.env;
  const at = /^https?:/i.test(registry) ? registry.lastIndexOf('/registries/') : -1;
  const base = at === -1 ? airbyteFiles : registry.slice(0, at + 1);
  return `${base}metadata/airbyte/${encodeURIComponent(name)}/${encodeURIComponent(version)}/manifest.yaml`;
}

const airbyteFiles = 'https://connectors.airbyte.com/files/';
