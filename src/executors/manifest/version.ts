import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject } from '../../protocol/json-object.ts';
import { download } from './download.ts';
import { copyOf, type Fetching, fileOf, keep, type ManifestPlace } from './place.ts';

/**
 * Which version of the source a manifest is that is here: it does not say so itself, but the `metadata.yaml` beside it
 * does. Undefined where there is no such file, or no copy of what has to be downloaded.
 */
export async function versionHere(
  place: ManifestPlace,
  installRoot: string | undefined,
): Promise<string | undefined> {
  if (place.kind === 'content') return undefined;
  if (place.kind === 'path') {
    const file = join(await fileOf(place.path), '..', metadataName);
    return versionIn(await readFile(file, 'utf8').catch(() => ''));
  }
  const copy = copyOf(place.url, installRoot);
  if (place.isRegistered !== true) return undefined;
  if ((await stat(copy).catch(() => undefined)) === undefined) return undefined;
  return versionNamed(place.url) ?? checked(await readFile(noteOf(copy), 'utf8').catch(() => ''));
}

/** Asks a registry which version the manifest is that it has at this place; undefined where it does not say. */
export async function versionThere(place: ManifestPlace, fetching: Fetching): Promise<string | undefined> {
  if (place.kind !== 'url' || place.isRegistered !== true || versionNamed(place.url) !== undefined)
    return undefined;
  const url = new URL(place.url);
  url.pathname = url.pathname.replace(/[^/]*$/, metadataName);
  const { signal } = fetching;
  try {
    const what = `${fetching.name}: what the registry says of its manifest`;
    const bytes = await download(url.href, { ...fetching, log: undefined, what });
    return await versionIn(bytes?.toString() ?? '');
  } catch {
    // The manifest runs all the same; only what an upgrade of it breaks cannot be told.
    signal?.throwIfAborted();
    return undefined;
  }
}

/** Notes which version a copy is. */
export async function noteVersion(copy: string, version: string, fetching: Fetching): Promise<void> {
  await keep(version, noteOf(copy), fetching);
}

/** Forgets which version a copy is, because it is removed or replaced. */
export async function forgetVersion(copy: string): Promise<void> {
  await rm(noteOf(copy), { force: true });
}

const metadataName = 'metadata.yaml';

function noteOf(copy: string): string {
  return copy.replace(/\.yaml$/, '.version');
}

/** Registries have every version in a folder of its name, and what is newest in `latest`. */
function versionNamed(url: string): string | undefined {
  return /\/(\d[^/]*)\/[^/]*$/.exec(new URL(url).pathname)?.[1];
}

async function versionIn(text: string): Promise<string | undefined> {
  const { parse } = await import('yaml');
  try {
    const metadata: unknown = parse(text, { logLevel: 'silent' });
    const data = isJsonObject(metadata) ? metadata['data'] : undefined;
    return checked(isJsonObject(data) ? String(data['dockerImageTag']) : '');
  } catch {
    return undefined;
  }
}

function checked(version: string): string | undefined {
  return /^\d[\w.+-]{0,63}$/.test(version.trim()) ? version.trim() : undefined;
}
