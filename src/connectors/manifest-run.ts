import { fileURLToPath } from 'node:url';
import { InputError } from '../errors.ts';
import { hasReadableLogin } from '../executors/http-get.ts';
import type { ManifestPlace } from '../executors/manifest/place.ts';
import type { Executor } from '../protocol/flow.ts';
import type { ConnectorOptions } from './options.ts';
import { registrySettings } from './registry/place.ts';

/** The executor of a source that is declared in YAML. */
export async function manifestExecutor(name: string, options: ConnectorOptions): Promise<Executor> {
  const { ManifestExecutor } = await import('../executors/manifest.ts');
  const { sourceManifest, manifest, version, installRoot, installIfMissing, env, timeouts } = options;
  const place =
    sourceManifest === true || sourceManifest === undefined || sourceManifest === false
      ? registeredManifest(name, version)
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
  if (/^https?:/i.test(manifest) && URL.canParse(manifest)) {
    if (hasReadableLogin(new URL(manifest))) return { kind: 'url', url: manifest };
    throw new InputError(
      `${name}: the URL of its manifest is none: its login holds a % that stands for nothing`,
      {
        guidance: 'Write a % in a name or a password as %25.',
      },
    );
  }
  throw new InputError(`${name}: a manifest cannot be had from a URL of that kind`, {
    guidance: 'Give one that begins with http:// or https://, or the path of a file.',
  });
}

/** Where Airbyte's registry has the manifest of a connector; beside another registry, where that one has it. */
function registeredManifest(name: string, version = 'latest'): ManifestPlace {
  const { place } = registrySettings();
  if (place.kind === 'none') {
    throw new InputError(`${name}: its manifest is to be had from the registry, and that is ${place.label}`, {
      guidance: 'Give the path or the URL of the manifest.',
    });
  }
  const path = ['metadata', 'airbyte', name, version, 'manifest.yaml'].map(encodeURIComponent).join('/');
  const url = new URL(path, place.base);
  return url.protocol === 'file:'
    ? { kind: 'path', path: fileURLToPath(url) }
    : { kind: 'url', url: url.href };
}
