import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, InputError, NotRunnableError, storageError } from '../../errors.ts';
import { fileInZip } from '../zip-file.ts';
import { checkManifest, type Manifest, readManifest } from './document.ts';
import { download } from './download.ts';
import { copyOf, type Fetching, fileOf, keep, type ManifestPlace, placeLabel } from './place.ts';
import { forgetVersion, noteVersion, versionThere } from './version.ts';

/** Gets a manifest and checks it. What was downloaded once is kept, as installed connectors are. */
export async function openManifest(place: ManifestPlace, fetching: Fetching): Promise<Manifest> {
  const { name } = fetching;
  const what = `${name}: the manifest ${placeLabel(place)}`;
  if (place.kind === 'path') return readManifest(await readText(await fileOf(place.path), what), what);
  if (place.kind === 'content') {
    const { content } = place;
    return typeof content === 'string' ? readManifest(content, what) : checkManifest(content, what);
  }
  const copy = copyOf(place.url, fetching.installRoot);
  const kept = fetching.renew === true ? undefined : await readFile(copy, 'utf8').catch(() => undefined);
  if (kept !== undefined) return readManifest(kept, what);
  if (fetching.mayFetch === false) {
    throw new NotRunnableError(`${what} is not here yet, and may not be downloaded`, {
      guidance: 'Call `install()`, or leave `installIfMissing` on.',
      context: { connector: name },
    });
  }
  // Asked first: of two that follow each other closely, the older is noted, and what the newer breaks is told.
  const version = await versionThere(place, fetching);
  const bytes = await download(place.url, { ...fetching, what });
  if (bytes === undefined) {
    throw new NotRunnableError(`${what} cannot be downloaded: the server has none`, {
      guidance:
        'Check its name: a connector that is not declarative has no manifest (usePython, dockerImage).',
      context: { connector: name, status: 404 },
    });
  }
  const text = bytes.toString();
  const manifest = await readManifest(text, what);
  // What comes with another manifest is not to stay with this one.
  await rm(pythonOf(copy), { force: true });
  await forgetVersion(copy);
  await keep(text, copy, fetching);
  if (version !== undefined) await noteVersion(copy, version, fetching);
  return manifest;
}

/** Forgets the copy of what was downloaded. Answers whether there was one. */
export async function forgetManifest(
  place: ManifestPlace,
  installRoot: string | undefined,
): Promise<boolean> {
  if (place.kind !== 'url') return false;
  const copy = copyOf(place.url, installRoot);
  await rm(pythonOf(copy), { force: true });
  await forgetVersion(copy);
  return rm(copy).then(
    () => true,
    (cause: unknown) => {
      if (errnoOf(cause) === 'ENOENT') return false;
      throw storageError(cause, `cannot remove ${copy}`);
    },
  );
}

/**
 * The Python beside a manifest, if there is any: `components.py` in its folder, or, where it was downloaded, in the
 * `components.zip` that Airbyte's registry has there.
 */
export async function componentsBeside(
  place: ManifestPlace,
  fetching: Fetching,
): Promise<string | undefined> {
  if (place.kind === 'content') return undefined;
  const what = `${fetching.name}: the Python beside the manifest ${placeLabel(place)}`;
  if (place.kind === 'path') {
    const file = join(await fileOf(place.path), '..', 'components.py');
    const found = await stat(file).catch(() => undefined);
    return found?.isFile() === true ? readText(file, what) : undefined;
  }
  const copy = pythonOf(copyOf(place.url, fetching.installRoot));
  const kept = await readFile(copy, 'utf8').catch(() => undefined);
  if (kept !== undefined || fetching.mayFetch === false) return kept;
  const url = new URL(place.url);
  url.pathname = url.pathname.replace(/[^/]*$/, 'components.zip');
  const archive = await download(url.href, { ...fetching, what });
  const text = archive === undefined ? undefined : fileInZip(archive, 'components.py', what)?.toString();
  if (text !== undefined) await keep(text, copy, fetching);
  return text;
}

function pythonOf(copy: string): string {
  return copy.replace(/\.yaml$/, '.py');
}

async function readText(file: string, what: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    if (errnoOf(cause) === 'ENOENT') {
      throw new InputError(`${what} is not there: there is no file ${file}`, {
        guidance: 'Check the path: a relative one counts from the current folder.',
        context: { path: file },
        cause,
      });
    }
    throw storageError(cause, `${what} cannot be read`);
  });
}
