import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import type { Validators } from './download.ts';

/** The copy of a registry on disk: what it was when it was last had, and when it was last asked for. */
export interface Copy {
  readonly body: Uint8Array;
  readonly validators: Validators;
  /** When the server last said that this is what it has, in milliseconds. */
  readonly confirmedAt: number;
}

/** What is known of a registry that was asked before. */
export interface Known {
  readonly copy: Copy | undefined;
  /** When it was last asked in vain, in milliseconds. */
  readonly failedAt: number | undefined;
}

/** The folder of copies, for all projects of a user: `sluice/registry` where the system keeps caches. */
export function copiesFolder(): string {
  return join(envPaths('sluice', { suffix: '' }).cache, 'registry');
}

/** Where copies are kept, and of which registry. */
export interface CopyPlace {
  readonly folder: string;
  readonly url: URL;
}

/** Reads what is kept; a copy that is not whole is none. */
export async function readCopy(place: CopyPlace): Promise<Known> {
  const note = await readNote(place);
  if (note === undefined) return { copy: undefined, failedAt: undefined };
  const { body: file, confirmedAt, failedAt, ...validators } = note;
  if (file === undefined || confirmedAt === undefined) return { copy: undefined, failedAt };
  const body = await readFile(join(place.folder, file)).catch(() => undefined);
  const isWhole = body !== undefined && bodyName(place.url, body) === file;
  return { copy: isWhole ? { body, validators, confirmedAt } : undefined, failedAt };
}

/** Keeps a copy: all of it or, whenever the machine stops, the one before. */
export async function keepCopy(place: CopyPlace, { body, validators, confirmedAt }: Copy): Promise<void> {
  const name = bodyName(place.url, body);
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  await writeWhole(join(place.folder, name), body);
  await writeNote(place, { body: name, confirmedAt, ...validators });
  await removeOlder(place, name);
}

/** Notes that the copy is still what the server has. */
export async function confirmCopy(place: CopyPlace, at: number): Promise<void> {
  const note = await readNote(place);
  if (note !== undefined) await writeNote(place, { ...note, confirmedAt: at, failedAt: undefined });
}

/** Notes that the server could not be asked, so that the next run does not wait for it again. */
export async function noteFailure(place: CopyPlace, at: number): Promise<void> {
  const note = await readNote(place);
  await mkdir(place.folder, { recursive: true, mode: 0o700 });
  await writeNote(place, { ...note, failedAt: at });
}

const noteSchema = z.object({
  /** The file that holds the registry; its name has a hash of what is in it. */
  body: z
    .string()
    .regex(/^[\w.-]+$/)
    .optional(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  confirmedAt: z.number().optional(),
  failedAt: z.number().optional(),
});
type Note = z.infer<typeof noteSchema>;

async function readNote(place: CopyPlace): Promise<Note | undefined> {
  try {
    return noteSchema.parse(JSON.parse(await readFile(noteFile(place), 'utf8')));
  } catch {
    // None, or none that can be read: then the registry is asked anew.
    return undefined;
  }
}

async function writeNote(place: CopyPlace, note: Note): Promise<void> {
  await writeWhole(noteFile(place), Buffer.from(`${JSON.stringify(note)}\n`));
}

/** Runs may write at the same time, so each drafts under a name of its own. */
async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}-${performance.now()}.tmp`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Former copies, and drafts of runs that were killed; another run may be reading the last one. */
async function removeOlder({ folder, url }: CopyPlace, current: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefixOf(url)) || name === current || name === `${prefixOf(url)}.note.json`)
      continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > keptMs) await rm(path, { force: true });
  }
}

const keptMs = 10 * 60_000;

function noteFile({ folder, url }: CopyPlace): string {
  return join(folder, `${prefixOf(url)}.note.json`);
}

function bodyName(url: URL, body: Uint8Array): string {
  return `${prefixOf(url)}.${hashOf(body)}.json`;
}

/** A URL may hold a password or a token: only its hash is seen. */
function prefixOf(url: URL): string {
  return hashOf(url.href);
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
