import { fileURLToPath } from 'node:url';
import { InputError } from '../errors.ts';
import { hasReadableLogin } from '../executors/http-get.ts';
import type { ManifestPlace } from '../executors/manifest/place.ts';
import type { Executor } from '../protocol/flow.ts';
import type { ConnectorOptions } from './options.ts';
import type { ConnectorWay } from './registry/metadata.ts';
import { registrySettings } from './registry/place.ts';

/** A source that is declared in YAML, to be run. */
interface ManifestRun {
  readonly executor: Executor;
  /** The version that is asked for, if it is known. */
  readonly wanted: string | undefined;
  /** The version that is here: of the manifest that is asked for, else of the one that was newest when it was had. */
  readonly installed: () => Promise<string | undefined>;
}

/**
 * How such a source is run, from a manifest that was given or that the registry has. As with images, `latest` is what
 * was newest when it was had, and stays for as long as it is kept. A manifest in a folder of this machine is read from
 * there each time.
 */
export async function manifestRun(
  name: string,
  options: ConnectorOptions,
  run?: Extract<ConnectorWay, { way: 'manifest' }>,
): Promise<ManifestRun> {
  const { ManifestExecutor } = await import('../executors/manifest.ts');
  const { sourceManifest, manifest, version, installRoot, installIfMissing, env, timeouts } = options;
  const at = (place: ManifestPlace) =>
    new ManifestExecutor(name, { ...manifest, place, installRoot, installIfMissing, env, timeouts });
  if (sourceManifest !== true && sourceManifest !== undefined && sourceManifest !== false) {
    const executor = at(manifestPlace(name, sourceManifest));
    return { executor, wanted: undefined, installed: () => executor.version() };
  }
  const pinned = version === 'latest' ? run?.version : version;
  const executor = at(placeOf(name, pinned, run));
  const newest = at(placeOf(name, undefined, run));
  const installed = async () => (await executor.version()) ?? (await newest.version());
  return { executor, wanted: pinned, installed };
}

function placeOf(
  name: string,
  version: string | undefined,
  run: Extract<ConnectorWay, { way: 'manifest' }> | undefined,
): ManifestPlace {
  if (run === undefined) return registeredManifest(name, version);
  const isFile = run.url.startsWith('file:');
  const folder = encodeURIComponent(version ?? (isFile ? run.version : 'latest'));
  const url = new URL(`../${folder}/manifest.yaml`, run.url);
  return isFile
    ? { kind: 'path', path: fileURLToPath(url) }
    : { kind: 'url', url: url.href, isRegistered: true };
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
    : { kind: 'url', url: url.href, isRegistered: true };
}
