import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { errnoOf, InputError, NotRunnableError, storageError } from '../../errors.ts';
import { homeFolder, openHomeFolder } from '../../home.ts';
import type { JsonObject } from '../../protocol/json-object.ts';
import type { LogSink } from '../../protocol/log.ts';
import { fileInZip } from '../zip-file.ts';
import { checkManifest, type Manifest, readManifest } from './document.ts';
import { download } from './download.ts';

/** Where a manifest lies: in a file or folder, at a URL, or in this process. */
export type ManifestPlace =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'content'; readonly content: string | JsonObject };

interface Fetching {
  readonly name: string;
  /** The folder of installed connectors, which keeps copies of what was downloaded. */
  readonly installRoot: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long a download may take in all. */
  readonly limitMs: number;
  readonly log?: LogSink | undefined;
  /** Download it anew, though there is a copy. */
  readonly renew?: boolean;
  /** Whether it may be downloaded at all. */
  readonly mayFetch?: boolean;
}

/** For people: which manifest it is, without a password or a token. */
export function placeLabel(place: ManifestPlace): string {
  switch (place.kind) {
    case 'path':
      return place.path;
    case 'url': {
      const { origin, pathname } = new URL(place.url);
      return `${origin}${pathname}`;
    }
    case 'content':
      return 'that was given';
  }
}

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
  await keep(text, copy, fetching);
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

/** A folder stands for the manifest in it, as Airbyte's connectors have it. */
async function fileOf(path: string): Promise<string> {
  const full = resolve(path);
  const found = await stat(full).catch(() => undefined);
  return found?.isDirectory() === true ? join(full, 'manifest.yaml') : full;
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

/** Its name tells no token that may stand in the address. */
function copyOf(url: string, installRoot = join(homeFolder(), 'connectors')): string {
  const { pathname } = new URL(url);
  const [stem = ''] = pathname.split('/').filter((part) => /^(source|destination)-/.test(part));
  const digest = createHash('sha256').update(url).digest('hex').slice(0, 16);
  return join(
    resolve(installRoot),
    'manifests',
    `${[stem, digest].filter((part) => part !== '').join('-')}.yaml`,
  );
}

async function keep(text: string, copy: string, { name, installRoot }: Fetching): Promise<void> {
  const part = `${copy}.${process.pid}.part`;
  try {
    if (installRoot === undefined) await openHomeFolder('connectors');
    await mkdir(join(copy, '..'), { recursive: true, mode: 0o700 });
    await writeFile(part, text, { mode: 0o600 });
    await rename(part, copy);
  } catch (cause) {
    throw storageError(cause, `${name}: cannot keep a copy of its manifest as ${basename(copy)}`);
  }
}
