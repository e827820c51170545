import { createHash } from 'node:crypto';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { storageError } from '../../errors.ts';
import { homeFolder, openHomeFolder } from '../../home.ts';
import type { JsonObject } from '../../protocol/json-object.ts';
import type { LogSink } from '../../protocol/log.ts';

/** Where a manifest lies: in a file or folder, at a URL, or in this process. */
export type ManifestPlace =
  | { readonly kind: 'path'; readonly path: string }
  /** Beside one of a registry lies what the registry says of it. */
  | { readonly kind: 'url'; readonly url: string; readonly isRegistered?: boolean }
  | { readonly kind: 'content'; readonly content: string | JsonObject };

/** How a manifest that is not here is had. */
export interface Fetching {
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

/** A folder stands for the manifest in it, as Airbyte's connectors have it. */
export async function fileOf(path: string): Promise<string> {
  const full = resolve(path);
  const found = await stat(full).catch(() => undefined);
  return found?.isDirectory() === true ? join(full, 'manifest.yaml') : full;
}

/** The copy of what was downloaded. Its name tells no token that may stand in the address. */
export function copyOf(url: string, installRoot = join(homeFolder(), 'connectors')): string {
  const { pathname } = new URL(url);
  const [stem = ''] = pathname.split('/').filter((part) => /^(source|destination)-/.test(part));
  const digest = createHash('sha256').update(url).digest('hex').slice(0, 16);
  return join(
    resolve(installRoot),
    'manifests',
    `${[stem, digest].filter((part) => part !== '').join('-')}.yaml`,
  );
}

/** Keeps what was downloaded, for this user alone: all of it or nothing. */
export async function keep(text: string, copy: string, { name, installRoot }: Fetching): Promise<void> {
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
