import { existsSync } from 'node:fs';
import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf, ProtocolError, StorageError, storageError } from '../../errors.ts';
import {
  type ConfiguredCatalog,
  type ConfiguredStream,
  type StreamDescriptor,
  type StreamKey,
  streamKey,
  streamLabel,
  streamOfKey,
} from '../../protocol/catalog.ts';
import type { LogSink } from '../../protocol/log.ts';
import { fileNamesOf } from './file-name.ts';
import { type JsonlFile, lockOf, openJsonlFile, removeDeadLock } from './jsonl-file.ts';

/** A folder with a file of lines per stream. Memory and open files stay few, however many streams there are. */
export interface JsonlFolder extends AsyncDisposable {
  append(stream: StreamKey, lines: Uint8Array): Promise<void>;
  /** Waits until everything appended so far would survive a crash. */
  makeDurable(): Promise<void>;
  complete(stream: StreamKey): Promise<void>;
}

export async function openJsonlFolder(
  path: string,
  catalog: ConfiguredCatalog,
  log: LogSink,
): Promise<JsonlFolder> {
  const names = fileNamesOf(catalog.streams.map(({ stream }) => stream));
  const present = await onDisk(path, async () => {
    await makeFolder(path);
    const found = await readdir(path);
    const ours = new Set(Array.from(names.values(), (name) => lockOf(`${name}.jsonl`)));
    for (const name of found) if (ours.has(name)) await removeDeadLock(join(path, name));
    return found;
  });
  const files = new Map<StreamKey, JsonlFile>(
    catalog.streams.map((configured) => {
      const key = streamKey(configured.stream);
      const name = `${names.get(key)}.jsonl`;
      return [key, openJsonlFile({ ...placeOf(configured, { path, name, present }), log })];
    }),
  );
  const touched = new Set<JsonlFile>();
  let waiting = 0;

  function fileOf(stream: StreamKey): JsonlFile {
    const file = files.get(stream);
    if (file !== undefined) return file;
    throw new ProtocolError(
      `destination-jsonl: stream ${streamLabel(streamOfKey(stream))} is not in the catalog`,
    );
  }

  return {
    async append(stream, lines) {
      const file = fileOf(stream);
      file.append(lines);
      touched.add(file);
      waiting += lines.length;
      if (waiting < mostWaiting) return;
      waiting = 0;
      await onDisk(path, () => someAtOnce(touched, (one) => one.write({ durable: false })));
    },
    async makeDurable() {
      if (touched.size === 0) return;
      waiting = 0;
      await onDisk(path, async () => {
        await someAtOnce(touched, (file) => file.write({ durable: true }));
        await syncFolder(path);
      });
      touched.clear();
    },
    async complete(stream) {
      await onDisk(path, async () => {
        await fileOf(stream).complete();
        await syncFolder(path);
      });
    },
    async [Symbol.asyncDispose]() {
      await someAtOnce(files.values(), (file) => file[Symbol.asyncDispose]());
    },
  };
}

/** The file of a stream, where it was written together with others. */
export function streamFile(
  path: string,
  stream: StreamDescriptor,
  streams: readonly StreamDescriptor[],
): string {
  return join(path, `${fileNamesOf(streams).get(streamKey(stream))}.jsonl`);
}

/** Makes the folder, or says what is in its way. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') return refuseFile(path, cause);
    // Node's own way of making all folders above goes on for ever where one is there and takes none, as /proc.
    const parent = dirname(path);
    if (errnoOf(cause) !== 'ENOENT' || parent === path || existsSync(parent)) throw cause;
    await makeFolder(parent);
    await mkdir(path).catch((error) => {
      if (errnoOf(error) !== 'EEXIST') throw error;
    });
  }
}

async function refuseFile(path: string, cause: unknown): Promise<void> {
  if ((await stat(path)).isDirectory()) return;
  throw new StorageError(`destination-jsonl: ${path} is a file, not a folder`, {
    guidance: 'Give the path of a folder.',
    cause,
  });
}

/** Bytes that may wait in memory, over all streams. */
const mostWaiting = 4 * 1024 * 1024;

/**
 * Where a stream's lines go. A stream that starts anew grows beside the old file, which stays until all has come. It
 * never goes on with what an earlier run has left: no state covers that, and another connection may have left it.
 */
function placeOf(
  configured: ConfiguredStream,
  {
    path,
    name,
    present,
  }: { readonly path: string; readonly name: string; readonly present: readonly string[] },
) {
  const final = join(path, name);
  return {
    growing: join(path, replacingName(configured, name) ?? name),
    final,
    stale: present.filter((other) => isPartialOf(name, other)).map((other) => join(path, other)),
  };
}

/** Whether a file was to replace another: with the generation in its name, or without. */
function isPartialOf(name: string, other: string): boolean {
  return other.startsWith(`${name}.`) && /^(\d+\.)?partial$/.test(other.slice(name.length + 1));
}

/** The name of the file that will replace the old one, or undefined where lines are appended. */
function replacingName(
  { generation_id: generation, minimum_generation_id: minimum, destination_sync_mode }: ConfiguredStream,
  name: string,
): string | undefined {
  if (generation === undefined || minimum === undefined)
    return destination_sync_mode === 'overwrite' ? `${name}.partial` : undefined;
  return minimum === 0 || minimum !== generation ? undefined : `${name}.${generation}.partial`;
}

/** Works on so many files at a time. At the end all work has ended, also where some of it failed. */
async function someAtOnce(
  files: Iterable<JsonlFile>,
  work: (file: JsonlFile) => PromiseLike<void>,
): Promise<void> {
  const queue = files[Symbol.iterator]();
  const workers = Array.from({ length: filesAtOnce }, async () => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await work(next.value);
  });
  const ends = await Promise.allSettled(workers);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

const filesAtOnce = 8;

/** A new or renamed file survives a crash only when its folder has been synced as well. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using folder = await open(path, 'r');
  await folder.sync();
}

async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, `destination-jsonl: cannot write to ${path}`);
  }
}
