import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { errnoOf, InputError, messageOf, NotRunnableError, StalledError, storageError } from '../errors.ts';
import { homeFolder, openHomeFolder } from '../home.ts';
import type { JsonObject } from '../protocol/json-object.ts';
import type { LogSink } from '../protocol/log.ts';
import { spokenMs } from '../protocol/timeouts.ts';
import { httpGet } from './http-get.ts';
import { checkManifest, type Manifest, readManifest } from './manifest-document.ts';

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
  const message = `downloading the manifest ${placeLabel(place)}`;
  fetching.log?.({ level: 'INFO', message, connector: name, isNotice: true });
  const text = await download(place.url, what, fetching);
  const manifest = await readManifest(text, what);
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
  return rm(copy).then(
    () => true,
    (cause: unknown) => {
      if (errnoOf(cause) === 'ENOENT') return false;
      throw storageError(cause, `cannot remove ${copy}`);
    },
  );
}

/** The file beside a manifest that holds its Python classes, if there is one. */
export async function componentsBeside(place: ManifestPlace): Promise<string | undefined> {
  if (place.kind !== 'path') return undefined;
  const file = join(await fileOf(place.path), '..', 'components.py');
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() === true ? file : undefined;
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

async function download(url: string, what: string, { signal, limitMs }: Fetching): Promise<string> {
  const limit = AbortSignal.timeout(limitMs);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    const response = await httpGet(url, { signal: either });
    if (response.ok) return await response.text();
    throw new NotRunnableError(`${what} cannot be downloaded: the server answers ${response.status}`, {
      guidance:
        response.status === 404
          ? 'Check its name: a connector that is not declarative has no manifest (usePython, dockerImage).'
          : 'Try again later, or download it by other means and give its path.',
      context: { status: response.status },
    });
  } catch (cause) {
    if (cause instanceof NotRunnableError) throw cause;
    signal?.throwIfAborted();
    if (limit.aborted) {
      throw new StalledError(`${what} was not downloaded within ${spokenMs(limitMs)}`, {
        guidance: 'Is the network there? Download it by other means and give its path.',
        cause,
      });
    }
    const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    throw new NotRunnableError(`${what} cannot be downloaded: ${messageOf(reason)}`, {
      guidance: 'Is the network there? Download it by other means and give its path.',
    });
  }
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
